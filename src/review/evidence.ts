/** A quotation and where it stands. Offsets are half-open, in UTF-16 code units of the document's extracted text. */
export type Evidence = {
  readonly quote: string;
  readonly startOffset: number | null;
  readonly endOffset: number | null;
  readonly page: number | null;
  readonly verified: boolean;
};

/** The section, or the part of one, that quotations are looked up in. */
export type QuotedSection = {
  readonly text: string;
  readonly startOffset: number;
  readonly pageStart: number | null;
  /** Offsets, in the document as `startOffset`, at which the pages behind `pageStart` begin. */
  readonly pageBreaks: readonly number[];
};

/** A text as it compares: differences that no reader sees are gone, and every kept unit knows where it came from. */
type Normalised = { readonly text: string; readonly starts: readonly number[]; readonly ends: readonly number[] };

const replacements: Readonly<Record<string, string>> = {
  '\u2018': "'",
  '\u2019': "'",
  '\u201a': "'",
  '\u201b': "'",
  '\u2032': "'",
  '\u2039': "'",
  '\u203a': "'",
  '\u00b4': "'",
  '`': "'",
  '\u201c': '"',
  '\u201d': '"',
  '\u201e': '"',
  '\u201f': '"',
  '\u2033': '"',
  '\u00ab': '"',
  '\u00bb': '"',
  '\u2010': '-',
  '\u2011': '-',
  '\u2012': '-',
  '\u2013': '-',
  '\u2014': '-',
  '\u2015': '-',
  '\u2212': '-',
};
/** Soft hyphens, joiners, and the marks that turn the direction of writing. */
const isInvisible = (unit: string): boolean => /[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/.test(unit);
const isSpace = (unit: string): boolean => /\s/.test(unit);

function normalise(text: string): Normalised {
  let out = '';
  const starts: number[] = [];
  const ends: number[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charAt(index);
    if (isInvisible(unit)) continue;
    if (isSpace(unit)) {
      if (out.endsWith(' ')) ends[ends.length - 1] = index + 1;
      else {
        out += ' ';
        starts.push(index);
        ends.push(index + 1);
      }
      continue;
    }
    out += replacements[unit] ?? unit;
    starts.push(index);
    ends.push(index + 1);
  }
  return { text: out, starts, ends };
}

/**
 * Looks quotations up in one section: first exactly, then with white space, quotation marks, dashes and invisible characters made alike.
 * Letters, digits and all other signs must agree; an ellipsis is a sign like any other, so a quotation that leaves words out is not found.
 * Of several places the first counts. What is found is given in the document's own words, and begins on the page that is named; what is
 * not found keeps the words of whoever quoted, without offsets. The section is normalised once, however many quotations are looked up.
 */
export function createEvidenceFinder(section: QuotedSection): (quote: string) => Evidence {
  let normalised: Normalised | null = null;

  function locate(quote: string): [number, number] | null {
    const trimmed = quote.trim();
    if (trimmed === '') return null;
    const exact = section.text.indexOf(trimmed);
    if (exact >= 0) return [exact, exact + trimmed.length];
    normalised ??= normalise(section.text);
    const wanted = normalise(trimmed).text.trim();
    if (wanted === '') return null;
    const at = normalised.text.indexOf(wanted);
    const start = normalised.starts[at];
    const end = normalised.ends[at + wanted.length - 1];
    return at < 0 || start === undefined || end === undefined ? null : [start, end];
  }

  return (quote) => {
    const range = locate(quote);
    if (!range) return { quote, startOffset: null, endOffset: null, page: null, verified: false };
    const [start, end] = range;
    return {
      quote: section.text.slice(start, end),
      startOffset: section.startOffset + start,
      endOffset: section.startOffset + end,
      page: pageAt(section, section.startOffset + start),
      verified: true,
    };
  };
}

function pageAt({ pageStart, pageBreaks }: QuotedSection, offset: number): number | null {
  if (pageStart === null) return null;
  const isBehind = pageBreaks.findIndex((breakOffset) => breakOffset > offset);
  return pageStart + (isBehind < 0 ? pageBreaks.length : isBehind);
}
