-- Findings that repeat an earlier one are taken off by model and category, too: all that is asked of them stands in their index.
DROP INDEX "Feedback_repeated_idx";

CREATE INDEX "Feedback_repeated_idx" ON "Feedback"("tenantId", "createdAt")
INCLUDE ("groupId", "id", "modelKey", "category", "risk", "status", "confidence") WHERE "isCurrent" AND "groupId" <> "id";
