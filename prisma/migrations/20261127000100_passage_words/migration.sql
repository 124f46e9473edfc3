-- Of the passages that are there already, as src/services/searchable-text.ts has it of those to come: the text composed, without what nobody sees,
-- with spaces for signs beyond ASCII; and scripts without spaces between words by single characters and pairs of neighbours.
UPDATE "Passage" p SET "search" = to_tsvector('english', "words") || array_to_tsvector(ARRAY(
    SELECT DISTINCT substr(run[1], place, length)
    FROM regexp_matches("words", '([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]+)', 'g') run,
         generate_series(1, length(run[1])) place, generate_series(1, 2) length
))
FROM (
    SELECT "sectionId", "part", regexp_replace(
        regexp_replace(normalize("text", NFC), '[\u00ad\u200b-\u200f\u2060\ufeff]', '', 'g'),
        '[\u00a0-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb-\u00bf\u060c\u061b\u061f\u2010-\u206f\u3000-\u3004\u3008-\u3020]', ' ', 'g'
    ) AS "words"
    FROM "Passage"
) searchable
WHERE searchable."sectionId" = p."sectionId" AND searchable."part" = p."part";
