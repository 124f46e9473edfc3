import type { Db, DbTransaction, Section } from '../db.ts';
import { splitParts } from '../documents/split-parts.ts';
import type { ChatPassage } from '../review/chat-passages.ts';

type PassageSearch = {
  readonly documentId: string;
  /** Only in these sections; null: in all. */
  readonly sectionIds: readonly string[] | null;
  readonly question: string;
  /** The question before it: its words count, too, but for less. */
  readonly earlier: string;
  /** Length of all passages together, at most. */
  readonly maxCharacters: number;
};

// Long enough to make sense alone, short enough that many fit; and far below the megabyte that a tsvector can hold.
const passageCharacters = 2_500;
const batchSize = 400;
// Enough of a question to know what it is about; each word is looked for in every passage.
const searchedCharacters = 2_000;
const earlierWeight = 0.25;

/** Cuts sections into passages and makes them searchable. Belongs into the transaction that stores the sections. */
export async function storePassages(
  transaction: DbTransaction,
  sections: readonly Pick<Section, 'id' | 'documentId' | 'text'>[],
): Promise<void> {
  const passages = sections.flatMap(({ id, documentId, text }) =>
    splitParts(text, passageCharacters).map((piece, part) => ({ sectionId: id, documentId, part, text: piece.text })),
  );
  for (let start = 0; start < passages.length; start += batchSize) {
    const batch = passages.slice(start, start + batchSize);
    await transaction.$executeRaw`
      INSERT INTO "Passage" ("sectionId", "documentId", "part", "text", "characters", "search")
      SELECT "sectionId", "documentId", "part", "text", length("text"), to_tsvector('english', "text")
      FROM unnest(${batch.map(({ sectionId }) => sectionId)}::text[], ${batch.map(({ documentId }) => documentId)}::text[],
                  ${batch.map(({ part }) => part)}::int[], ${batch.map(({ text }) => text)}::text[])
           AS passage("sectionId", "documentId", "part", "text")`;
  }
}

/** Finding what a question is about. */
export function createPassages({ db }: { db: Db }) {
  return {
    /**
     * The passages that fit a question best, best first, until they are as long as allowed: by how often they have its words, rare words
     * counting more. Where all that is searched fits, it is all there; where nothing has any of the words, the first passages are; in chosen
     * sections, what is left of the room is filled up in reading order.
     */
    search: ({ documentId, sectionIds, question, earlier, maxCharacters }: PassageSearch): Promise<ChatPassage[]> =>
      db.$queryRaw<ChatPassage[]>`
        WITH "word" AS (
          SELECT "lexeme", max("weight") AS "weight",
                 -- A lexeme as a query, quoted: it is no text that could be parsed again.
                 ('''' || replace(replace("lexeme", chr(92), repeat(chr(92), 2)), '''', '''''') || '''')::tsquery AS "query"
          FROM (SELECT "lexeme", 1.0 AS "weight" FROM unnest(to_tsvector('english', ${question.slice(0, searchedCharacters)}))
                UNION ALL
                SELECT "lexeme", ${earlierWeight} FROM unnest(to_tsvector('english', ${earlier.slice(0, searchedCharacters)}))) asked
          GROUP BY "lexeme"
        ), "candidate" AS (
          SELECT p."sectionId", p."part", p."characters", s."ordinal",
                 count(*) OVER () AS "total", count(*) OVER (PARTITION BY p."sectionId") AS "parts"
          FROM "Passage" p JOIN "Section" s ON s."id" = p."sectionId"
          WHERE p."documentId" = ${documentId} AND (${sectionIds === null} OR p."sectionId" = ANY(${sectionIds ?? []}))
        ), "hit" AS (
          SELECT c."sectionId", c."part",
                 w."weight" * ts_rank(p."search", w."query", 1) * ln(1 + c."total"::float8 / count(*) OVER (PARTITION BY w."lexeme")) AS "score"
          FROM "candidate" c JOIN "Passage" p USING ("sectionId", "part") JOIN "word" w ON p."search" @@ w."query"
        ), "scored" AS (
          SELECT "sectionId", "part", sum("score") AS "score" FROM "hit" GROUP BY "sectionId", "part"
        ), "placed" AS (
          SELECT c."sectionId", c."part", c."parts", c."total", c."ordinal", coalesce(h."score", 0) AS "score",
                 sum(c."characters") OVER (ORDER BY coalesce(h."score", 0) DESC, c."ordinal", c."part") AS "lengthSoFar",
                 sum(c."characters") OVER () AS "wholeLength", max(coalesce(h."score", 0)) OVER () AS "bestScore"
          FROM "candidate" c LEFT JOIN "scored" h USING ("sectionId", "part")
        )
        SELECT "sectionId", "ordinal", "part", "parts"::int, "total"::int, p."text"
        FROM "placed" JOIN "Passage" p USING ("sectionId", "part")
        WHERE "lengthSoFar" <= ${maxCharacters}
          AND ("score" > 0 OR "bestScore" = 0 OR ${sectionIds !== null} OR "wholeLength" <= ${maxCharacters})
        ORDER BY "score" DESC, "ordinal", "part"`,
  };
}
