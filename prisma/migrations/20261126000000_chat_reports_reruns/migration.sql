-- CreateEnum
CREATE TYPE "ChatRole" AS ENUM ('USER', 'ASSISTANT');

-- CreateEnum
CREATE TYPE "ChatMessageStatus" AS ENUM ('QUEUED', 'STREAMING', 'COMPLETED', 'FAILED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "ReportFormat" AS ENUM ('DOCX', 'PDF', 'HTML', 'JSON', 'CSV', 'ANNOTATED');

-- CreateEnum
CREATE TYPE "ReportStatus" AS ENUM ('QUEUED', 'RENDERING', 'READY', 'FAILED');

-- AlterTable
ALTER TABLE "Analysis" ADD COLUMN     "contextTokensSaved" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "partResults" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "previousId" TEXT;

-- AlterTable
ALTER TABLE "Feedback" ADD COLUMN     "groupId" TEXT,
ADD COLUMN     "part" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "previousId" TEXT;

-- Every finding begins as the only one of its group.
UPDATE "Feedback" SET "groupId" = "id";
ALTER TABLE "Feedback" ALTER COLUMN "groupId" SET NOT NULL;

-- AlterTable
ALTER TABLE "ModelAttempt" ADD COLUMN     "messageId" TEXT,
ADD COLUMN     "tenantId" TEXT,
ALTER COLUMN "analysisId" DROP NOT NULL;

UPDATE "ModelAttempt" m SET "tenantId" = a."tenantId" FROM "Analysis" a WHERE a."id" = m."analysisId";
ALTER TABLE "ModelAttempt" ALTER COLUMN "tenantId" SET NOT NULL;

-- CreateTable
CREATE TABLE "Chat" (
    "id" TEXT NOT NULL,
    "tenantId" TEXT NOT NULL,
    "documentId" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Chat_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ChatMessage" (
    "id" TEXT NOT NULL,
    "tenantId" TEXT NOT NULL,
    "chatId" TEXT NOT NULL,
    "documentId" TEXT NOT NULL,
    "role" "ChatRole" NOT NULL,
    "status" "ChatMessageStatus" NOT NULL,
    "text" TEXT NOT NULL DEFAULT '',
    "thinking" TEXT NOT NULL DEFAULT '',
    "citations" JSONB NOT NULL DEFAULT '[]',
    "sectionIds" TEXT[],
    "modelKey" TEXT,
    "error" JSONB,
    "promptVersion" TEXT,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMP(3),
    "finishedAt" TIMESTAMP(3),
    "closedAt" TIMESTAMP(3),

    CONSTRAINT "ChatMessage_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Report" (
    "id" TEXT NOT NULL,
    "tenantId" TEXT NOT NULL,
    "documentId" TEXT NOT NULL,
    "format" "ReportFormat" NOT NULL,
    "status" "ReportStatus" NOT NULL DEFAULT 'QUEUED',
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "filename" TEXT,
    "storageKey" TEXT,
    "sizeBytes" INTEGER,
    "error" JSONB,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMP(3),
    "closedAt" TIMESTAMP(3),

    CONSTRAINT "Report_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Chat_documentId_id_idx" ON "Chat"("documentId", "id");

-- CreateIndex
CREATE INDEX "ChatMessage_chatId_id_idx" ON "ChatMessage"("chatId", "id");

-- CreateIndex
CREATE INDEX "ChatMessage_documentId_status_idx" ON "ChatMessage"("documentId", "status");

-- CreateIndex
CREATE INDEX "ChatMessage_status_id_idx" ON "ChatMessage"("status", "id");

-- CreateIndex
CREATE INDEX "Report_documentId_id_idx" ON "Report"("documentId", "id");

-- CreateIndex
CREATE INDEX "Report_status_id_idx" ON "Report"("status", "id");

-- CreateIndex
CREATE INDEX "Feedback_groupId_idx" ON "Feedback"("groupId");

-- CreateIndex
CREATE INDEX "ModelAttempt_messageId_id_idx" ON "ModelAttempt"("messageId", "id");

-- AddForeignKey
ALTER TABLE "ModelAttempt" ADD CONSTRAINT "ModelAttempt_messageId_fkey" FOREIGN KEY ("messageId") REFERENCES "ChatMessage"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Chat" ADD CONSTRAINT "Chat_documentId_fkey" FOREIGN KEY ("documentId") REFERENCES "Document"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ChatMessage" ADD CONSTRAINT "ChatMessage_chatId_fkey" FOREIGN KEY ("chatId") REFERENCES "Chat"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Report" ADD CONSTRAINT "Report_documentId_fkey" FOREIGN KEY ("documentId") REFERENCES "Document"("id") ON DELETE CASCADE ON UPDATE CASCADE;
