-- To read 100,000 findings and the calls behind them takes longer than a read of the statistics may, whatever is summed up of them. What can be
-- added up is therefore counted by day as it is written; only the days at the ends of a window are read finding by finding.

-- On the finding itself: an analysis and its findings are deleted together, and then there is no looking it up.
ALTER TABLE "Feedback" ADD COLUMN "modelKey" TEXT;

UPDATE "Feedback" f SET "modelKey" = a."modelKey" FROM "Analysis" a WHERE a."id" = f."analysisId" AND f."source" = 'MODEL';

CREATE TABLE "FindingTally" (
    "tenantId" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "modelKey" TEXT,
    "category" TEXT NOT NULL,
    "risk" "RiskLevel" NOT NULL,
    "pending" INTEGER NOT NULL,
    "accepted" INTEGER NOT NULL,
    "rejected" INTEGER NOT NULL,
    "confidence" DECIMAL NOT NULL,
    "isFresh" BOOLEAN NOT NULL DEFAULT true
);

INSERT INTO "FindingTally"
SELECT "tenantId", "createdAt"::date, "modelKey", "category", "risk", count(*) FILTER (WHERE "status" = 'PENDING'),
       count(*) FILTER (WHERE "status" = 'ACCEPTED'), count(*) FILTER (WHERE "status" = 'REJECTED'), sum("confidence"::decimal), false
FROM "Feedback" WHERE "isCurrent" GROUP BY 1, 2, 3, 4, 5;

CREATE INDEX "FindingTally_tenantId_day_idx" ON "FindingTally"("tenantId", "day");

CREATE INDEX "FindingTally_fresh_idx" ON "FindingTally"("tenantId", "day") WHERE "isFresh";

-- OLD is null in an insert and NEW in a deletion.
CREATE FUNCTION "tallyFindings"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "FindingTally"
  SELECT (f)."tenantId", (f)."createdAt"::date, (f)."modelKey", (f)."category", (f)."risk", times * ((f)."status" = 'PENDING')::int,
         times * ((f)."status" = 'ACCEPTED')::int, times * ((f)."status" = 'REJECTED')::int, times * (f)."confidence"::decimal
  FROM (VALUES (OLD, -1), (NEW, 1)) changed(f, times) WHERE (f)."isCurrent";
  RETURN NULL;
END $$;

CREATE TRIGGER "tally"
AFTER INSERT OR DELETE OR UPDATE OF "tenantId", "createdAt", "modelKey", "category", "risk", "status", "confidence", "isCurrent" ON "Feedback"
FOR EACH ROW EXECUTE FUNCTION "tallyFindings"();

-- The rest of a window's first and last day: one index holds all that is summed up of a finding.
DROP INDEX "Feedback_decided_idx";

DROP INDEX "Feedback_current_idx";

CREATE INDEX "Feedback_current_idx" ON "Feedback"("tenantId", "createdAt")
INCLUDE ("modelKey", "category", "risk", "status", "confidence") WHERE "isCurrent";

-- Whether an answer is a fallback is decided once: the calls before it do not change any more.
ALTER TABLE "ModelAttempt" ADD COLUMN "isFallback" BOOLEAN NOT NULL DEFAULT false;

UPDATE "ModelAttempt" SET "isFallback" = true WHERE "id" IN (
  SELECT min(answer."id")
  FROM "ModelAttempt" answer
  JOIN (SELECT DISTINCT ON (1) coalesce("analysisId", "messageId") AS "job", "modelKey", "id"
        FROM "ModelAttempt" WHERE "outcome" <> 'SUCCEEDED' ORDER BY 1, "id") failure
    ON failure."job" = coalesce(answer."analysisId", answer."messageId")
       AND failure."modelKey" <> answer."modelKey" AND failure."id" < answer."id"
  WHERE answer."outcome" = 'SUCCEEDED'
  GROUP BY failure."job");

CREATE FUNCTION "setModelAttemptIsFallback"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  WITH earlier AS (
    SELECT "id", "modelKey", "outcome", "isFallback" FROM "ModelAttempt"
    WHERE ("analysisId" = NEW."analysisId" OR "messageId" = NEW."messageId") AND "id" < NEW."id"
  )
  SELECT coalesce(NOT bool_or("isFallback") AND (array_agg("modelKey" ORDER BY "id") FILTER (WHERE "outcome" <> 'SUCCEEDED'))[1] <> NEW."modelKey", false)
  INTO NEW."isFallback" FROM earlier;
  RETURN NEW;
END $$;

CREATE TRIGGER "setIsFallback" BEFORE INSERT ON "ModelAttempt"
FOR EACH ROW WHEN (NEW."outcome" = 'SUCCEEDED') EXECUTE FUNCTION "setModelAttemptIsFallback"();

CREATE TABLE "CallTally" (
    "tenantId" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "modelKey" TEXT NOT NULL,
    "requests" INTEGER NOT NULL,
    "throttles" INTEGER NOT NULL,
    "fallbacks" INTEGER NOT NULL,
    "inputTokens" BIGINT NOT NULL,
    "outputTokens" BIGINT NOT NULL,
    "cacheReadTokens" BIGINT NOT NULL,
    "cacheWriteTokens" BIGINT NOT NULL,
    "costUsd" DECIMAL NOT NULL,
    "isFresh" BOOLEAN NOT NULL DEFAULT true
);

INSERT INTO "CallTally"
SELECT "tenantId", "startedAt"::date, "modelKey", count(*), count(*) FILTER (WHERE "outcome" = 'THROTTLED'),
       count(*) FILTER (WHERE "isFallback"), sum("inputTokens"), sum("outputTokens"), sum("cacheReadTokens"), sum("cacheWriteTokens"),
       sum("costUsd"::decimal), false
FROM "ModelAttempt" WHERE "outcome" NOT IN ('SKIPPED_COOLING_DOWN', 'SKIPPED_CIRCUIT_OPEN') GROUP BY 1, 2, 3;

CREATE INDEX "CallTally_tenantId_day_idx" ON "CallTally"("tenantId", "day");

CREATE INDEX "CallTally_fresh_idx" ON "CallTally"("tenantId", "day") WHERE "isFresh";

CREATE FUNCTION "tallyCalls"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "CallTally"
  SELECT (c)."tenantId", (c)."startedAt"::date, (c)."modelKey", times, times * ((c)."outcome" = 'THROTTLED')::int,
         times * (c)."isFallback"::int, times * (c)."inputTokens"::bigint, times * (c)."outputTokens"::bigint,
         times * (c)."cacheReadTokens"::bigint, times * (c)."cacheWriteTokens"::bigint, times * (c)."costUsd"::decimal
  FROM (VALUES (OLD, -1), (NEW, 1)) changed(c, times) WHERE (c)."outcome" NOT IN ('SKIPPED_COOLING_DOWN', 'SKIPPED_CIRCUIT_OPEN');
  RETURN NULL;
END $$;

CREATE TRIGGER "tally" AFTER INSERT OR DELETE OR UPDATE ON "ModelAttempt" FOR EACH ROW EXECUTE FUNCTION "tallyCalls"();

-- Percentiles need every value. These indexes hold them, so that rows are not read.
CREATE INDEX "ModelAttempt_firstToken_idx" ON "ModelAttempt"("tenantId", "startedAt") INCLUDE ("firstTokenMs") WHERE "firstTokenMs" IS NOT NULL;

-- Worked out as it is written: in a read it took as long as everything else about analyses.
ALTER TABLE "Analysis" ADD COLUMN "latencyMs" DOUBLE PRECISION
GENERATED ALWAYS AS (round(date_part('epoch', "finishedAt" - "startedAt") * 1000)) STORED;

DROP INDEX "Analysis_statistics_idx";

CREATE INDEX "Analysis_statistics_idx" ON "Analysis"("tenantId", "createdAt", "status", "contextTokensSaved", "latencyMs");

-- Sections of a document are stored all at once and never change.
ALTER TABLE "Document" ADD COLUMN "sectionCount" INTEGER NOT NULL DEFAULT 0;

UPDATE "Document" d SET "sectionCount" = (SELECT count(*) FROM "Section" s WHERE s."documentId" = d."id");
