const replacement = '\ufffd';

/**
 * The text as paragraphs of lines, fit for any format: control characters, halves of surrogate pairs and non-characters, which XML forbids
 * and no font shows, become U+FFFD; tabs become spaces; an empty line ends a paragraph. Nothing comes out for white space alone.
 */
export function toParagraphs(text: string): readonly (readonly string[])[] {
  return toUnixLines(text)
    .split(/\n(?:[^\S\n]*\n)+/)
    .map((paragraph) => paragraph.split('\n').map(toPrintable))
    .filter((lines) => lines.some((line) => line.trim() !== ''));
}

/** The text as a single line, otherwise as `toParagraphs`. */
export const toLine = (text: string): string => toPrintable(toUnixLines(text).replaceAll(/\s*\n\s*/g, ' '));

const toUnixLines = (text: string): string => text.replaceAll(/\r\n?|[\v\f\u0085\u2028\u2029]/g, '\n');

const toPrintable = (text: string): string =>
  text.replaceAll('\t', '    ').replaceAll(/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/gu, replacement);
