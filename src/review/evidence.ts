import { comparable, lineEndReadings, type ComparableText, type LineEndReading } from './comparable-text.ts';
import { jointAt } from './word-joints.ts';

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

type Place = readonly [start: number, end: number];

/**
 * Looks quotations up in one section, with white space, quotation marks, dashes, composed letters and invisible characters made alike, and
 * a hyphen at the end of a line read in each way. Letters, digits and all other signs must agree; an ellipsis is a sign like any other, so a
 * quotation that leaves words out is not found.
 *
 * A quotation stands where words and numbers do not go on beyond its ends. Only a longer one is also found cut in the midst of a word, as
 * models do it; a number is never cut, for it would be another one. Of several places the first counts, one with exactly the quoted
 * characters before all others. What is found is given in the document's own words, and begins on the page that is named; what is not found
 * keeps the words of whoever quoted, without offsets. The section is made comparable once, however many quotations are looked up.
 */
export function createEvidenceFinder(section: QuotedSection): (quote: string) => Evidence {
  const texts = new Map<LineEndReading, ComparableText>();
  const readings = /[-\u2010\u00ad][ \t]*\r?\n/.test(section.text) ? lineEndReadings : lineEndReadings.slice(0, 1);

  function textRead(reading: LineEndReading): ComparableText {
    const text = texts.get(reading) ?? comparable(section.text, reading);
    texts.set(reading, text);
    return text;
  }

  function locate(quote: string): Place | null {
    const exact = quote.trim();
    let cut: Place | null = null;
    for (const reading of readings) {
      let first: Place | null = null;
      for (const { place, isCut } of placesOf(comparable(exact, reading).text.trim(), textRead(reading))) {
        if (isCut) cut ??= place;
        else if (section.text.slice(...place) === exact) return place;
        else first ??= place;
      }
      if (first) return first;
    }
    return cut;
  }

  return (quote) => {
    const place = locate(quote);
    if (!place) return { quote, startOffset: null, endOffset: null, page: null, verified: false };
    const [start, end] = place;
    return {
      quote: section.text.slice(start, end),
      startOffset: section.startOffset + start,
      endOffset: section.startOffset + end,
      page: pageAt(section, section.startOffset + start),
      verified: true,
    };
  };
}

/** Fewer characters, or a single word, may stand within another word by chance. */
const longEnoughToCut = 20;
/** Of comparing, in characters: a text of one letter must not hold up a process. */
const mostWork = 10_000_000;

function* placesOf(
  wanted: string,
  { text, starts, ends }: ComparableText,
): Generator<{ place: Place; isCut: boolean }> {
  if (wanted === '') return;
  const mayBeCut = wanted.length >= longEnoughToCut && wanted.includes(' ');
  let left = mostWork;
  for (let at = text.indexOf(wanted); at >= 0 && left > 0; at = text.indexOf(wanted, at + 1)) {
    left -= wanted.length + 100;
    const end = at + wanted.length;
    const start = starts[at];
    const last = ends[end - 1];
    // Between the units of one letter with its marks, or of one ligature.
    const isWithinLetter = start === starts[at - 1] || starts[end - 1] === starts[end];
    if (start === undefined || last === undefined || isWithinLetter) continue;
    const joints = [jointAt(text, at), jointAt(text, end)];
    const isCut = joints.includes('word');
    if (joints.includes('number') || (isCut && !mayBeCut)) continue;
    yield { place: [start, last], isCut };
  }
}

function pageAt({ pageStart, pageBreaks }: QuotedSection, offset: number): number | null {
  if (pageStart === null) return null;
  const isBehind = pageBreaks.findIndex((breakOffset) => breakOffset > offset);
  return pageStart + (isBehind < 0 ? pageBreaks.length : isBehind);
}
