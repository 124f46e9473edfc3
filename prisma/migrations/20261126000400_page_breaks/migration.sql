-- AlterTable
ALTER TABLE "Section" ADD COLUMN     "pageBreaks" INTEGER[] DEFAULT ARRAY[]::INTEGER[];
