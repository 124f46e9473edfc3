-- AlterTable
ALTER TABLE "Feedback" ADD COLUMN     "quoteKeys" TEXT[];

-- AlterTable
ALTER TABLE "FeedbackRevision" ADD COLUMN     "carriedFromId" TEXT;

-- AlterTable
ALTER TABLE "Section" ADD COLUMN     "currentAnalysisId" TEXT;

-- CreateIndex
CREATE INDEX "Feedback_quoteKeys_idx" ON "Feedback" USING GIN ("quoteKeys");

-- CreateIndex
CREATE UNIQUE INDEX "Section_currentAnalysisId_key" ON "Section"("currentAnalysisId");

-- AddForeignKey
ALTER TABLE "Section" ADD CONSTRAINT "Section_currentAnalysisId_fkey" FOREIGN KEY ("currentAnalysisId") REFERENCES "Analysis"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- The analysis whose findings count: the last one that completed; before any has, the latest one.
UPDATE "Section" s SET "currentAnalysisId" = coalesce(
  (SELECT a."id" FROM "Analysis" a WHERE a."sectionId" = s."id" AND a."status" = 'COMPLETED' ORDER BY a."id" DESC LIMIT 1),
  s."latestAnalysisId"
);
