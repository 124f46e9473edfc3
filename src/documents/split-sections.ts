import type { ExtractedDocument, SectionDraft } from './document-types.ts';
import { toTitle } from './section-title.ts';
import { splitParts } from './split-parts.ts';
import { countWords } from './word-count.ts';

/** Of a part of a document that has neither headings nor pages, in UTF-16 code units: about four pages. */
const untitledPartLength = 12_000;

/** Of a title made of first words. */
const firstWordsLength = 80;

type Start = {
  readonly offset: number;
  readonly level: number;
  /** Empty for a part without heading. */ readonly title: string;
};

/**
 * Divides an extracted text into sections: one per heading, down to the next heading of whatever level, and one for text before the
 * first; without headings one per page, or parts of a few pages at paragraph borders. Concatenated they are the text.
 *
 * A heading that has nothing below it keeps a section of its own. Only blank text is joined to a neighbour: the white space before the
 * first heading, and empty pages.
 */
export function splitSections(document: ExtractedDocument): SectionDraft[] {
  const starts = sectionStarts(document);
  return starts.map((start, ordinal) => {
    const startOffset = start.offset;
    const endOffset = starts[ordinal + 1]?.offset ?? document.text.length;
    const text = document.text.slice(startOffset, endOffset);
    return {
      title: start.title || firstWords(text),
      level: start.level,
      ordinal,
      text,
      startOffset,
      endOffset,
      ...pagesOf(document, startOffset, text),
      wordCount: countWords(text),
    };
  });
}

function sectionStarts(document: ExtractedDocument): Start[] {
  const starts = headingStarts(document);
  const [first] = starts;
  if (!first) return untitledStarts(document);
  if (first.offset === 0) return starts;
  const isPreambleBlank = document.text.slice(0, first.offset).trim() === '';
  return isPreambleBlank ? [{ ...first, offset: 0 }, ...starts.slice(1)] : [untitled(0), ...starts];
}

/** Of two headings at one place the first is kept: a section has at least one character. */
function headingStarts({ text, headings }: ExtractedDocument): Start[] {
  let lastOffset = -1;
  return headings.flatMap(({ offset, level, title }) => {
    if (offset <= lastOffset || offset >= text.length) return [];
    lastOffset = offset;
    return [{ offset, level, title: toTitle(title) }];
  });
}

function untitledStarts({ text, pageOffsets }: ExtractedDocument): Start[] {
  if (pageOffsets.length === 0) return splitParts(text, untitledPartLength).map((part) => untitled(part.startOffset));
  const filled = pageOffsets.filter(
    (offset, page) => text.slice(offset, pageOffsets[page + 1] ?? text.length).trim() !== '',
  );
  // Empty pages at the start go to the first page that has text, later ones to the page before.
  return [0, ...filled.slice(1)].map(untitled);
}

const untitled = (offset: number): Start => ({ offset, level: 1, title: '' });

function firstWords(text: string): string {
  const line = text.trimStart().split('\n', 1)[0] ?? '';
  const title = toTitle(line);
  if (title === '') return 'Untitled';
  if (title.length <= firstWordsLength) return title;
  const cut = title.slice(0, firstWordsLength).replace(/\s+\S*$|[\ud800-\udbff]$/, '');
  return `${cut}…`;
}

/** Pages, from 1, of the first and the last character that is no white space, and where those between begin. */
function pagesOf(
  { pageOffsets }: ExtractedDocument,
  startOffset: number,
  text: string,
): Pick<SectionDraft, 'pageStart' | 'pageEnd' | 'pageBreaks'> {
  if (pageOffsets.length === 0) return { pageStart: null, pageEnd: null, pageBreaks: [] };
  const blankLength = text.length - text.trimStart().length;
  const isBlank = blankLength === text.length;
  const firstOffset = startOffset + (isBlank ? 0 : blankLength);
  const lastOffset = Math.max(firstOffset, startOffset + text.trimEnd().length - 1);
  const pageStart = pageAt(pageOffsets, firstOffset);
  const pageEnd = pageAt(pageOffsets, lastOffset);
  return { pageStart, pageEnd, pageBreaks: pageOffsets.slice(pageStart, pageEnd) };
}

/** Binary search; an empty page has the same offset as the next one, which is the one that holds the character. */
function pageAt(pageOffsets: readonly number[], offset: number): number {
  let low = 0;
  let high = pageOffsets.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pageOffsets[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return Math.max(1, low);
}
