-- Whether a finding counts is asked 100,000 times in one read of the statistics: looked up there it takes most of the time, so it is kept
-- with the finding. By triggers, because sections change their current analysis in many ways, deletion of an analysis among them.
ALTER TABLE "Feedback" ADD COLUMN "isCurrent" BOOLEAN NOT NULL DEFAULT true;

UPDATE "Feedback" f SET "isCurrent" = false
WHERE f."analysisId" IS NOT NULL AND NOT EXISTS (SELECT FROM "Section" s WHERE s."currentAnalysisId" = f."analysisId");

-- The lock makes a finding and a change of its section's current analysis wait for each other, so that neither misses the other.
CREATE FUNCTION "setFeedbackIsCurrent"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE shown text;
BEGIN
  SELECT "currentAnalysisId" INTO shown FROM "Section" WHERE "id" = NEW."sectionId" FOR SHARE;
  NEW."isCurrent" := shown IS NOT DISTINCT FROM NEW."analysisId";
  RETURN NEW;
END $$;

CREATE TRIGGER "setIsCurrent" BEFORE INSERT ON "Feedback"
FOR EACH ROW WHEN (NEW."analysisId" IS NOT NULL) EXECUTE FUNCTION "setFeedbackIsCurrent"();

CREATE FUNCTION "moveFeedbackIsCurrent"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "Feedback" SET "isCurrent" = ("analysisId" = NEW."currentAnalysisId") IS TRUE
  WHERE "analysisId" IN (OLD."currentAnalysisId", NEW."currentAnalysisId");
  RETURN NULL;
END $$;

CREATE TRIGGER "moveIsCurrent" AFTER UPDATE OF "currentAnalysisId" ON "Section"
FOR EACH ROW WHEN (OLD."currentAnalysisId" IS DISTINCT FROM NEW."currentAnalysisId") EXECUTE FUNCTION "moveFeedbackIsCurrent"();

-- Statistics read whole windows of a tenant. Rows of analyses and findings are long, what is summed up of them is not: these indexes hold it
-- all, so that the rows are not read. The last three are partial, which Prisma's schema cannot say and does not look at.
CREATE INDEX "Document_tenantId_createdAt_idx" ON "Document"("tenantId", "createdAt");

CREATE INDEX "ChatMessage_tenantId_createdAt_idx" ON "ChatMessage"("tenantId", "createdAt");

CREATE INDEX "ModelAttempt_tenantId_startedAt_idx" ON "ModelAttempt"("tenantId", "startedAt");

CREATE INDEX "Analysis_statistics_idx" ON "Analysis"("tenantId", "createdAt", "status", "startedAt", "finishedAt", "contextTokensSaved", "id", "modelKey");

CREATE INDEX "Feedback_current_idx" ON "Feedback"("tenantId", "createdAt") INCLUDE ("risk", "status", "confidence") WHERE "isCurrent";

-- Few: findings that say the same as an earlier one of their document.
CREATE INDEX "Feedback_repeated_idx" ON "Feedback"("tenantId", "createdAt") INCLUDE ("groupId", "id", "risk", "status", "confidence")
WHERE "isCurrent" AND "groupId" <> "id";

CREATE INDEX "Feedback_decided_idx" ON "Feedback"("tenantId", "createdAt") INCLUDE ("analysisId", "category", "risk", "status")
WHERE "isCurrent" AND "source" = 'MODEL' AND "status" <> 'PENDING';
