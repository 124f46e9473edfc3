/** A text as it compares: differences that no reader sees are gone, and every kept unit knows where in the text it came from. */
export type ComparableText = {
  readonly text: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
};

/**
 * What to make of a hyphen at the end of a line: the layout may have put it there or only have broken the line behind it. In all readings but
 * the first, a soft hyphen there goes with its line break.
 */
export const lineEndReadings = ['as it stands', 'hyphen stays', 'joined'] as const;
export type LineEndReading = (typeof lineEndReadings)[number];

const replacements: ReadonlyMap<string, string> = new Map(
  [
    ["'", '\u2018\u2019\u201a\u201b\u2032\u2039\u203a\u00b4`'],
    ['"', '\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb'],
    ['-', '\u2010\u2011\u2012\u2013\u2014\u2015\u2212'],
  ].flatMap(([plain = '', variants = '']) => Array.from(variants, (variant) => [variant, plain] as const)),
);

/** Soft hyphens, joiners, the marks that turn the direction of writing, and those that choose between pictures of one sign. */
const invisible = '\\u00ad\\u200b-\\u200f\\u202a-\\u202e\\u2060\\u2066-\\u2069\\ufe00-\\ufe0f\\ufeff';
const invisibles = new RegExp(`[${invisible}]`, 'g');
/** Ligatures and forms of letters for their place in a word or for a full square: the same letters. Not so superscripts: 10² is not 102. */
const presentationForms = /[\ufb00-\ufdff\ufe70-\ufefc\uff01-\uffee]/g;

/** What stays as it is, in one step: most of any text. A mark behind it may belong to its last letter. */
const asIs = `([!-&(-,./-_a-~]+)(?![${invisible}\\p{M}])`;
/** A hyphen at the end of a line within a word. */
const lineEnd = '([-\\u2010\\u00ad])(?<=[\\p{L}\\p{M}].)[ \\t]*\\r?\\n[ \\t]*(?=\\p{L})';
/** What may compose: a character with its marks, a Korean syllable in its parts. No mark belongs to white space. */
const cluster = `[\\s${invisible}]|[^](?:[${invisible}]*(?![${invisible}])[\\p{M}\\u1160-\\u11ff])*`;
const steps = new RegExp(`${asIs}|${lineEnd}|${cluster}`, 'gu');

/**
 * Makes alike how white space, quotation marks, dashes, composed letters and their presentation forms are written, and drops what is
 * invisible. Letters, digits and all other signs stay; an ellipsis is a sign like any other.
 */
export function comparable(text: string, reading: LineEndReading): ComparableText {
  let out = '';
  const starts: number[] = [];
  const ends: number[] = [];
  // Not read off `out`: that would copy all of it each time.
  let endsWithSpace = false;

  function addAsIs(units: string, start: number): void {
    out += units;
    endsWithSpace = false;
    for (let index = start; index < start + units.length; index += 1) {
      starts.push(index);
      ends.push(index + 1);
    }
  }

  function add(units: string, start: number, end: number): void {
    if (units === ' ' && endsWithSpace) {
      ends[ends.length - 1] = end;
      return;
    }
    if (units === '') return;
    out += units;
    endsWithSpace = units === ' ';
    for (let index = 0; index < units.length; index += 1) {
      starts.push(start);
      ends.push(end);
    }
  }

  for (const { 0: step, 1: run, 2: hyphen, index } of text.matchAll(steps)) {
    const end = index + step.length;
    if (run !== undefined) addAsIs(run, index);
    else if (hyphen === undefined) add(plainCluster(step), index, end);
    else if (reading === 'hyphen stays' && hyphen !== '\u00ad') add('-', index, end);
    else if (reading === 'as it stands') {
      add(plainCluster(hyphen), index, index + 1);
      add(' ', index + 1, end);
    }
  }
  return { text: out, starts, ends };
}

function plainCluster(cluster: string): string {
  const visible = cluster.replaceAll(invisibles, '');
  if (/^\s$/.test(visible)) return ' ';
  const composed = visible.replaceAll(presentationForms, (form) => form.normalize('NFKC')).normalize('NFC');
  return Array.from(composed, (sign) => replacements.get(sign) ?? sign).join('');
}
