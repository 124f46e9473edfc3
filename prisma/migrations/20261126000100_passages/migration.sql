-- CreateTable
CREATE TABLE "Passage" (
    "sectionId" TEXT NOT NULL,
    "documentId" TEXT NOT NULL,
    "part" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "characters" INTEGER NOT NULL,
    "search" tsvector NOT NULL,

    CONSTRAINT "Passage_pkey" PRIMARY KEY ("sectionId","part")
);

-- CreateIndex
CREATE INDEX "Passage_documentId_idx" ON "Passage"("documentId");

-- AddForeignKey
ALTER TABLE "Passage" ADD CONSTRAINT "Passage_sectionId_fkey" FOREIGN KEY ("sectionId") REFERENCES "Section"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Of the sections that are there already; later ones get theirs when their document is parsed, cut at borders of paragraphs.
INSERT INTO "Passage" ("sectionId", "documentId", "part", "text", "characters", "search")
SELECT piece."sectionId", piece."documentId", piece."part", piece."text", length(piece."text"), to_tsvector('english', piece."text")
FROM (
    SELECT s."id" AS "sectionId", s."documentId", n AS "part", substr(s."text", n * 2500 + 1, 2500) AS "text"
    FROM "Section" s, generate_series(0, (greatest(length(s."text"), 1) - 1) / 2500) n
) piece;
