import { hitAt, type Hit } from './rule.ts';
import type { Clause, SectionText } from './section-text.ts';

/**
 * Words written with a capital after an article, as contracts write what they have defined, that this section does not define: of all such
 * terms the one that is used most. Elsewhere in the document it may well be defined; that is why it is a question.
 */
const capitalised =
  /\b(?:[Tt]he|[Ee]ach|[Aa]ny|[Ss]uch|[Aa]ll|[Aa]n?|[Tt]his|[Tt]hese)\s+((?:\p{Lu}\p{Ll}+)(?:\s+\p{Lu}\p{Ll}+){0,3})\b/gu;

const everyday =
  /^(?:Agreement|Contract|Part(?:y|ies)|Section|Exhibit|Article|Annex|Appendix|Schedule|Clause|Document|United|European|State|Republic|Government|Parliament|Court|English|French|German|Internet|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September|October|November|December)\b/u;

/** In quotation marks, or followed by “means”. */
const quoted = /["“'‘]([^"“”'‘’]{1,80})["”'’]/gu;
const meant = /((?:\p{Lu}\p{Ll}+\s+){1,4})(?:means|shall\s+mean)\b/gu;

const minUses = 2;
const maxHits = 10;

type Use = { readonly clause: Clause; readonly start: number; readonly end: number };

export function findUndefinedTerms(section: SectionText): readonly Hit[] {
  const defined = definedTerms(section.text);
  const open = [...usesOfTerms(section)].filter(
    ([term, uses]) => uses.length >= minUses && !defined.has(singular(term)),
  );
  const mostUsed = open.toSorted(([, a], [, b]) => b.length - a.length)[0];
  if (mostUsed === undefined) return [];
  const [term, uses] = mostUsed;
  const strength = Math.min(1, uses.length / 6);
  return uses
    .slice(0, maxHits)
    .map(({ clause, start, end }) => ({ ...hitAt(clause, start, end), phrase: term, strength }));
}

function usesOfTerms(section: SectionText): Map<string, Use[]> {
  const uses = new Map<string, Use[]>();
  for (const clause of section.clauses) {
    for (const match of clause.text.matchAll(capitalised)) {
      const term = (match[1] ?? '').replaceAll(/\s+/gu, ' ');
      if (everyday.test(term)) continue;
      const use = { clause, start: match.index, end: match.index + match[0].length };
      const known = uses.get(term);
      if (known) known.push(use);
      else uses.set(term, [use]);
    }
  }
  return uses;
}

const definedTerms = (text: string): Set<string> =>
  new Set([...text.matchAll(quoted), ...text.matchAll(meant)].map((match) => singular(match[1] ?? '')));

const singular = (term: string): string => term.trim().replaceAll(/\s+/gu, ' ').replace(/s$/u, '');
