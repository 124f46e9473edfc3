import LineBreaker from 'linebreak';
import { directionOf, type Direction } from './pdf-bidi.ts';
import type { Weight } from './pdf-font-files.ts';
import type { Fonts } from './pdf-fonts.ts';
import type { LaidOut, Words } from './pdf-words.ts';

/** How words look; sizes are points. */
export type TextStyle = {
  readonly size: number;
  readonly weight: Weight;
  readonly colour: string;
  /** Colour behind the words. */
  readonly ground?: string;
};

export type Span = { readonly text: string; readonly style: TextStyle };

/** A piece of one line, in one font, from left to right. */
export type Piece = {
  readonly text: string;
  readonly laidOut: LaidOut;
  readonly font: string;
  readonly style: TextStyle;
  readonly width: number;
};

export type Line = { readonly pieces: readonly Piece[]; readonly width: number; readonly isRightToLeft: boolean };

/** A stretch in one font and style; `end` is not part of it. */
type Run = { readonly start: number; readonly end: number; readonly font: string; readonly style: TextStyle };

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * Breaks spans into lines of at most `width` points, where UAX #14 allows, and inside a word that is wider than a line. Every stretch is
 * set in the first font that has its characters. Empty text has no lines.
 */
export function createTypesetter(
  fonts: Fonts,
  words: Words,
): (spans: readonly Span[], width: number) => readonly Line[] {
  function toRuns(spans: readonly Span[]): { text: string; runs: readonly Run[] } {
    let text = '';
    const runs: Run[] = [];
    for (const { text: raw, style } of spans) {
      for (const part of fonts.partsOf(raw, style.weight)) {
        runs.push({ start: text.length, end: text.length + part.text.length, font: part.font, style });
        text += part.text;
      }
    }
    return { text, runs };
  }

  return (spans, width) => {
    const { text, runs } = toRuns(spans);
    if (text.trim() === '') return [];
    const direction = directionOf(text);
    const widthOf = (start: number, end: number): number => {
      let width = 0;
      for (let at = firstRunEndingAfter(runs, start), run; (run = runs[at]) && run.start < end; at += 1) {
        const part = text.slice(Math.max(start, run.start), Math.min(end, run.end));
        width += words.widthOf(part, run.font) * run.style.size;
      }
      return width / 1_000;
    };
    return breakLines(text, width, widthOf).map(([start, end]) => toLine(runs, direction, start, end, words));
  };
}

/** Ranges of the lines, without the spaces at their ends. */
function breakLines(
  text: string,
  width: number,
  widthOf: (start: number, end: number) => number,
): readonly (readonly [number, number])[] {
  const lines: [number, number][] = [];
  let lineStart = 0;
  let lineWidth = 0;
  const endLine = (end: number): void => {
    const trimmed = text.slice(lineStart, end).trimEnd().length;
    // White space at the beginning can be wider than a line.
    if (trimmed > 0) lines.push([lineStart, lineStart + trimmed]);
    lineStart = end;
    lineWidth = 0;
  };
  const addWord = (start: number, end: number): void => {
    const bareEnd = start + text.slice(start, end).trimEnd().length;
    const bareWidth = widthOf(start, bareEnd);
    if (lineWidth + bareWidth > width && lineStart < start) endLine(start);
    if (bareWidth <= width) {
      lineWidth += bareWidth + (bareEnd < end ? widthOf(bareEnd, end) : 0);
      return;
    }
    // By characters: the sum of their widths is near enough, and one look at each.
    for (const { segment, index } of graphemes.segment(text.slice(start, end))) {
      const segmentWidth = widthOf(start + index, start + index + segment.length);
      if (lineWidth + segmentWidth > width && lineStart < start + index && segment.trim() !== '')
        endLine(start + index);
      lineWidth += segmentWidth;
    }
  };
  const breaker = new LineBreaker(text);
  let wordStart = 0;
  for (let next = breaker.nextBreak(); next; next = breaker.nextBreak()) {
    addWord(wordStart, next.position);
    wordStart = next.position;
  }
  if (text.slice(lineStart).trim() !== '') endLine(text.length);
  return lines;
}

function toLine(runs: readonly Run[], direction: Direction, start: number, end: number, words: Words): Line {
  const borders = runs.map((run) => run.start).filter((border) => border > start && border < end);
  const pieces = direction.order(start, end, borders).flatMap((visual): Piece[] => {
    const run = runs[firstRunEndingAfter(runs, visual.start)];
    if (!run) return [];
    const { font, style } = run;
    const { text, shown } = visual;
    const laidOut = words.layOut(text, font, shown);
    return [{ text, laidOut, font, style, width: (laidOut.width * style.size) / 1_000 }];
  });
  const width = pieces.reduce((sum, piece) => sum + piece.width, 0);
  return { pieces, width, isRightToLeft: direction.isRightToLeft };
}

function firstRunEndingAfter(runs: readonly Run[], index: number): number {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((runs[middle]?.end ?? 0) > index) high = middle;
    else low = middle + 1;
  }
  return low;
}
