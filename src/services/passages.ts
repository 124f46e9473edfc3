import type { Db, DbTransaction, Section } from '../db.ts';
import { splitParts } from '../documents/split-parts.ts';
import type { ChatPassage } from '../review/chat-passages.ts';
import { searchable, unspacedWordsAsked, unspacedWordsOf } from './searchable-text.ts';

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
const mostUnspacedWords = 100;
// Of words that stand nowhere in the document, the longest are looked for by how they begin.
const mostStems = 20;
const stemWeight = 0.25;

/** What of a question is looked for. */
function wordsOf(question: string): { text: string; unspaced: string[] } {
  const text = searchable(question.slice(0, searchedCharacters).toWellFormed());
  return { text, unspaced: unspacedWordsAsked(text).slice(0, mostUnspacedWords) };
}

/** Cuts sections into passages and makes them searchable. Belongs into the transaction that stores the sections. */
export async function storePassages(
  transaction: DbTransaction,
  sections: readonly Pick<Section, 'id' | 'documentId' | 'text'>[],
): Promise<void> {
  const passages = sections.flatMap(({ id, documentId, text }) =>
    splitParts(text, passageCharacters).map((piece, part) => {
      const words = searchable(piece.text);
      const unspaced = unspacedWordsOf(words).join(' ');
      return { sectionId: id, documentId, part, text: piece.text, words, unspaced };
    }),
  );
  for (let start = 0; start < passages.length; start += batchSize) {
    const batch = passages.slice(start, start + batchSize);
    await transaction.$executeRaw`
      INSERT INTO "Passage" ("sectionId", "documentId", "part", "text", "characters", "search")
      SELECT "sectionId", "documentId", "part", "text", length("text"),
             to_tsvector('english', "words") || array_to_tsvector(string_to_array("unspaced", ' '))
      FROM unnest(${batch.map(({ sectionId }) => sectionId)}::text[], ${batch.map(({ documentId }) => documentId)}::text[],
                  ${batch.map(({ part }) => part)}::int[], ${batch.map(({ text }) => text)}::text[],
                  ${batch.map(({ words }) => words)}::text[], ${batch.map(({ unspaced }) => unspaced)}::text[])
           AS passage("sectionId", "documentId", "part", "text", "words", "unspaced")`;
  }
}

/** Finding what a question is about. */
export function createPassages({ db }: { db: Db }) {
  return {
    /**
     * The passages that fit a question best, best first, until they are as long as allowed: by how often they have its words, rare words
     * counting more. A word that stands nowhere counts a little where one begins as it does: endings differ, and stems are known of English
     * alone. Where all that is searched fits, it is all there; where nothing has any of the words, the first passages are; in chosen
     * sections, what is left of the room is filled up in reading order.
     */
    search({ documentId, sectionIds, question, earlier, maxCharacters }: PassageSearch): Promise<ChatPassage[]> {
      const [now, before] = [wordsOf(question), wordsOf(earlier)];
      return db.$queryRaw<ChatPassage[]>`
        WITH "word" AS (
          SELECT "lexeme", max("weight") AS "weight",
                 -- A lexeme as a query, quoted: it is no text that could be parsed again.
                 ('''' || replace(replace("lexeme", chr(92), repeat(chr(92), 2)), '''', '''''') || '''')::tsquery AS "query"
          FROM (SELECT "lexeme", 1.0 AS "weight" FROM unnest(to_tsvector('english', ${now.text}))
                UNION ALL SELECT unnest(${now.unspaced}::text[]), 1.0
                UNION ALL SELECT "lexeme", ${earlierWeight} FROM unnest(to_tsvector('english', ${before.text}))
                UNION ALL SELECT unnest(${before.unspaced}::text[]), ${earlierWeight}) asked
          GROUP BY "lexeme"
        ), "candidate" AS (
          SELECT p."sectionId", p."part", p."characters", s."ordinal",
                 count(*) OVER () AS "total", count(*) OVER (PARTITION BY p."sectionId") AS "parts"
          FROM "Passage" p JOIN "Section" s ON s."id" = p."sectionId"
          WHERE p."documentId" = ${documentId} AND (${sectionIds === null} OR p."sectionId" = ANY(${sectionIds ?? []}))
        ), "found" AS (
          SELECT c."sectionId", c."part", c."total", w."lexeme", w."weight" * ts_rank(p."search", w."query", 1) AS "rank"
          FROM "candidate" c JOIN "Passage" p USING ("sectionId", "part") JOIN "word" w ON p."search" @@ w."query"
        ), "stem" AS (
          SELECT "lexeme", ${stemWeight} * "weight" AS "weight",
                 ('''' || left("lexeme", greatest(4, length("lexeme") * 3 / 5)) || ''':*')::tsquery AS "query"
          FROM "word" w
          -- What holds digits or signs is a number, an address or a name: another one is not alike.
          WHERE length("lexeme") >= 5 AND "lexeme" !~ '[0-9[:punct:]]' AND NOT EXISTS (SELECT FROM "found" f WHERE f."lexeme" = w."lexeme")
          ORDER BY length("lexeme") DESC, "lexeme" LIMIT ${mostStems}
        ), "hit" AS (
          SELECT * FROM "found"
          UNION ALL
          SELECT c."sectionId", c."part", c."total", w."lexeme", w."weight" * ts_rank(p."search", w."query", 1)
          FROM "candidate" c JOIN "Passage" p USING ("sectionId", "part") JOIN "stem" w ON p."search" @@ w."query"
        ), "scored" AS (
          SELECT "sectionId", "part", sum("score") AS "score"
          FROM (SELECT "sectionId", "part", "rank" * ln(1 + "total"::float8 / count(*) OVER (PARTITION BY "lexeme")) AS "score" FROM "hit") rated
          GROUP BY "sectionId", "part"
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
        ORDER BY "score" DESC, "ordinal", "part"`;
    },
  };
}
