/** Signs beyond ASCII that stand between words: quotation marks, dashes, spaces, the full stops of other scripts. */
const signs =
  /[\u00a0-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb-\u00bf\u060c\u061b\u061f\u2010-\u206f\u3000-\u3004\u3008-\u3020]/g;
/** Soft hyphens and joiners: no reader sees them. */
const invisible = /[\u00ad\u200b-\u200f\u2060\ufeff]/g;

/** A text as Postgres finds the words in it, however it is composed. Of its own accord it takes some signs for letters in some locales. */
export const searchable = (text: string): string =>
  text.normalize('NFC').replaceAll(invisible, '').replaceAll(signs, ' ');

/** Thai, Lao, Burmese, Khmer, kana, Han. Postgres takes a whole sentence of them for one word. */
const unspacedRun = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\u{20000}-\u{3ffff}]+/gu;

const runsIn = (text: string): string[][] => (text.match(unspacedRun) ?? []).map((run) => Array.from(run));
const pairsOf = (run: readonly string[]): string[] =>
  run.slice(1).map((character, index) => `${run[index]}${character}`);

/** What a text in a script without spaces between words is found by: its characters and their pairs. */
export const unspacedWordsOf = (text: string): string[] => [
  ...new Set(runsIn(text).flatMap((run) => [...run, ...pairsOf(run)])),
];

/** What of such a text is looked for: pairs, since single characters stand everywhere; a single one only where it stands alone. */
export const unspacedWordsAsked = (text: string): string[] => [
  ...new Set(runsIn(text).flatMap((run) => (run.length === 1 ? run : pairsOf(run)))),
];
