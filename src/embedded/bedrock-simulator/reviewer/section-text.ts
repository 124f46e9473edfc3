/**
 * A section taken apart into clauses: sentences, list items and lines that stand alone. Every clause is a stretch of the section's own
 * characters, so that whatever is quoted from it is verbatim.
 */
export type Clause = { readonly start: number; readonly end: number; readonly text: string };

export type SectionText = {
  readonly text: string;
  /** The first line, where it reads like a heading. */
  readonly heading: string | null;
  /** Without the heading. */
  readonly clauses: readonly Clause[];
};

const maxHeadingCharacters = 120;

export function readSection(text: string): SectionText {
  const heading = findHeading(text);
  return {
    text,
    heading: heading === null ? null : text.slice(heading.start, heading.end),
    clauses: splitClauses(text, heading?.end ?? 0),
  };
}

function findHeading(text: string): { start: number; end: number } | null {
  const start = text.search(/\S/);
  if (start < 0) return null;
  const lineEnd = text.indexOf('\n', start);
  const line = text.slice(start, lineEnd < 0 ? text.length : lineEnd).trimEnd();
  const isTitle = !/[.;,:]$/.test(line) || /^\d+(?:\.\d+)*\.?\s+\S+(?:\s+\S+){0,5}\.$/.test(line);
  const isHeading = lineEnd >= 0 && line.length <= maxHeadingCharacters && isTitle;
  return isHeading ? { start, end: start + line.length } : null;
}

/** The end of a sentence before a new one, an empty line, or a line break before a bullet or a number. */
const boundary =
  /(?<=[.!?;])["”’)\]]{0,3}\s+(?=["“‘([]?[\p{Lu}\p{N}•])|\n[^\S\n]*\n\s*|\n(?=[^\S\n]*(?:[-*•–o]|\d+(?:\.\d+)*[.)]?|\([a-z0-9]{1,4}\))[^\S\n])/gu;

/** A full stop that ends no sentence: an abbreviation, or the number of a paragraph. */
const noEnd =
  /(?:\b(?:Inc|Ltd|Corp|Co|Nos?|Mrs?|Ms|Dr|Art|Arts|Sec|Sect|St|vs|cf|approx|e\.g|i\.e|U\.S|U\.S\.C|pp?|Pub|Stat|[A-Z])|^\s*\(?(?:\d+(?:\.\d+)*|[A-Za-z]|[ivx]+))[.)]$/u;

function splitClauses(text: string, from: number): Clause[] {
  const clauses: Clause[] = [];
  let start = from;
  for (const match of text.slice(from).matchAll(boundary)) {
    const end = from + match.index;
    if (noEnd.test(text.slice(Math.max(start, end - 40), end))) continue;
    clauses.push(...trimmedClause(text, start, end + closingMarks(match[0])));
    start = end + match[0].length;
  }
  clauses.push(...trimmedClause(text, start, text.length));
  return clauses;
}

const closingMarks = (separator: string): number => separator.search(/\s|$/);

function trimmedClause(text: string, start: number, end: number): Clause[] {
  const raw = text.slice(start, end);
  const trimmed = raw.trim();
  if (!/[\p{L}\p{N}[_]/u.test(trimmed)) return [];
  const at = start + raw.indexOf(trimmed);
  return [{ start: at, end: at + trimmed.length, text: trimmed }];
}

const maxQuoteCharacters = 400;
const charactersBefore = 150;
const charactersAfter = 200;
// A match may be as long as the clause.
const longestQuote = 1_000;

/**
 * The words to quote for a match from `start` to `end` within a clause's text: the whole clause, or of a long one the part around the
 * match, from one comma or semicolon to another where they are near enough, else from one word to another.
 */
export function quoteAround(clause: Clause, start: number, end: number): string {
  const { text } = clause;
  if (text.length <= maxQuoteCharacters) return text;
  const cuts = [0, ...[...text.matchAll(/[;:,]\s+/g)].map((match) => match.index + match[0].length), text.length];
  const earliest = Math.max(0, start - charactersBefore);
  const latest = Math.min(text.length, end + charactersAfter);
  const from = cuts.find((cut) => cut >= earliest && cut <= start) ?? wordAfter(text, earliest, start);
  const to = cuts.findLast((cut) => cut >= end && cut <= latest) ?? wordBefore(text, latest, end);
  return text.slice(from, wholeCharacterBefore(text, Math.min(to, from + longestQuote))).trim();
}

/** Not between the halves of a surrogate pair: half a character does not survive the way to the client. */
const wholeCharacterBefore = (text: string, at: number): number =>
  /[\ud800-\udbff]/.test(text.charAt(at - 1)) && at < text.length ? at - 1 : at;

function wordAfter(text: string, from: number, limit: number): number {
  const gap = text.slice(from, limit).search(/\s/);
  return gap < 0 ? limit : from + gap;
}

function wordBefore(text: string, from: number, limit: number): number {
  const gap = text.slice(limit, from).search(/\s\S*$/);
  return gap < 0 ? limit : limit + gap;
}
