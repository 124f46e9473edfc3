/** What the number in front of a heading says about its place: "Article IV", "2.3", "A.". */
export type Numbering = {
  /** Where headings of different kinds are used together, the earlier one in {@link kindOrder} is the outer one. */
  readonly kind: NumberingKind;
  /** 1 for "2.", 2 for "2.3"; 1 for all that is not decimal. */
  readonly depth: number;
  /** The number as written, without what follows it. */
  readonly label: string;
  /** What follows the number. */
  readonly rest: string;
};

const kindOrder = ['part', 'chapter', 'article', 'section', 'roman', 'letter', 'decimal', 'attachment'] as const;
type NumberingKind = (typeof kindOrder)[number];

/** Words that come before the number of a heading, in some languages of contracts. */
const keywords: ReadonlyMap<string, NumberingKind> = new Map(
  (
    [
      ['part', 'part book teil parte partie'],
      ['chapter', 'chapter title kapitel chapitre capítulo capitolo titre'],
      ['article', 'article artikel artículo articolo artigo art.'],
      ['section', 'section clause abschnitt cláusula §'],
      ['attachment', 'schedule exhibit annex appendix attachment anlage anhang annexe anexo allegato'],
    ] as const
  ).flatMap(([kind, words]) => words.split(' ').map((word) => [word, kind] as const)),
);

const numberWords = 'one two three four five six seven eight nine ten'
  .split(' ')
  .flatMap((word) => [word, `${word.charAt(0).toUpperCase()}${word.slice(1)}`, word.toUpperCase()]);
// No \p{L} in these: they run on every paragraph, and the first use of such a class costs milliseconds. The word has a capital:
// "section 3.4 of this Agreement" is the middle of a sentence.
const keyworded = new RegExp(
  String.raw`^(§(?=\s*\d)|[A-ZÀ-Þ][A-Za-zÀ-ÿ]{2,9}\.?(?=\s))\s{0,3}(\d{1,3}(?:\.\d{1,3}){0,4}|[IVXLC]{1,7}|[ivxlc]{1,7}|[A-Z](?:[-.]?\d{1,3})?|${numberWords.join('|')})(?![A-Za-zÀ-ÿ\d])[.:)]?\s*[-–—]?\s*`,
);
const ideographic = /^(第[一二三四五六七八九十百零〇\d]{1,6}([章編编部条條節节]))\s*/;
const decimal = /^(\d{1,3}(?:\.\d{1,3}){0,5}|[A-Z](?:\.\d{1,3}){1,4})[.)]?\s+(?=\S)/;
const roman = /^([IVXLC]{1,7})\.\s+/;
const letter = /^([A-Z])[.)]\s+/;
const numberedStart = /^[\dA-ZÀ-Þ§第]/;

/** The number at the start of a line of text, if there is one. */
export function parseNumbering(text: string): Numbering | undefined {
  if (!numberedStart.test(text)) return undefined;
  const found = byKeyword(text);
  if (found !== undefined) return found;
  const character = ideographic.exec(text);
  if (character !== null) {
    const kind = '章編编部'.includes(character[2] ?? '') ? 'chapter' : 'article';
    return numbering(kind, 1, text, character);
  }
  const decimals = decimal.exec(text);
  if (decimals !== null) return numbering('decimal', depthOf(decimals[1] ?? ''), text, decimals);
  const numeral = roman.exec(text);
  if (numeral !== null) return numbering('roman', 1, text, numeral);
  const capital = letter.exec(text);
  return capital === null ? undefined : numbering('letter', 1, text, capital);
}

function byKeyword(text: string): Numbering | undefined {
  const match = keyworded.exec(text);
  const [, word = '', ordinal = ''] = match ?? [];
  const kind = keywords.get(word.toLowerCase());
  if (match === null || kind === undefined) return undefined;
  const label = match[0].replace(/[.:)]?\s*[-–—]?\s*$/, '');
  const rest = text.slice(match[0].length);
  const isDeep = kind === 'section' && /^\d+\./.test(ordinal);
  return isDeep ? { kind: 'decimal', depth: depthOf(ordinal), label, rest } : { kind, depth: 1, label, rest };
}

const depthOf = (decimals: string): number => decimals.split('.').length;
const numbering = (kind: NumberingKind, depth: number, text: string, match: RegExpExecArray): Numbering => ({
  kind,
  depth,
  label: match[1] ?? '',
  rest: text.slice(match[0].length),
});

/**
 * Levels for headings in order, from 1: kinds of numbering that are used together nest in their usual order (parts hold chapters,
 * chapters hold articles), decimals by their depth. Attachments and headings without a number are level 1.
 */
export function numberingLevels(numberings: readonly (Numbering | undefined)[]): number[] {
  // "C." is a letter where there is no "I." or "II.": only the others tell.
  const hasRoman = numberings.some((numbering) => numbering?.kind === 'roman' && /^I|../.test(numbering.label));
  const kindOf = ({ kind }: Numbering): NumberingKind => (kind === 'roman' && !hasRoman ? 'letter' : kind);
  const kinds = new Set(numberings.map((numbering) => numbering && kindOf(numbering)));
  const outer = kindOrder.filter((kind) => kinds.has(kind));
  const depths = numberings.flatMap((numbering) => (numbering?.kind === 'decimal' ? [numbering.depth] : []));
  const shallowest = depths.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  return numberings.map((numbering) => {
    if (numbering === undefined || numbering.kind === 'attachment') return 1;
    const rank = 1 + outer.indexOf(kindOf(numbering));
    return numbering.kind === 'decimal' ? rank + numbering.depth - shallowest : rank;
  });
}

const smallWords = new Set(
  [
    'a an and as at by for from in into nor of on or per the to upon via with without',
    'und oder der die das des dem den von vom zur zum für im am',
    'de la le les du et ou en el los las y o del al di da e il',
  ].flatMap((words) => words.split(' ')),
);

/** Whether the words begin with capitals as in a title ("Limitation of Liability"); true for scripts without capitals. */
export function isTitleCase(text: string): boolean {
  const words = text.match(/[\p{L}\d][\p{L}\p{M}\d'’-]*/gu) ?? [];
  const telling = words.filter((word, index) => index === 0 || !smallWords.has(word));
  const capitalised = telling.filter((word) => !/^\p{Ll}/u.test(word));
  return telling.length > 0 && /^[^\p{Ll}]/u.test(words[0] ?? '') && capitalised.length >= 0.8 * telling.length;
}

/** Whether all letters are capitals, and there are enough of them to mean it. */
export const isAllCaps = (text: string): boolean => !/\p{Ll}/u.test(text) && (text.match(/\p{Lu}/gu)?.length ?? 0) >= 3;
