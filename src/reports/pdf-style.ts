import type { TextStyle } from './pdf-text.ts';
import type { Mark } from './risk-words.ts';

/* How the PDF report looks. Distances are points. */

/** A4. */
export const sheet = { width: 595.28, height: 841.89, left: 68, right: 68, top: 68, bottom: 76 } as const;
export const textWidth = sheet.width - sheet.left - sheet.right;

const ink = '#1f2933';
const faint = '#52606d';
const accent = '#1d3f72';
export const rule = '#cbd2d9';

/** Line to line, in sizes of the type. */
export const leading = 1.42;

export const type = {
  title: { size: 25, weight: 700, colour: accent },
  h1: { size: 17, weight: 700, colour: accent },
  h2: { size: 13, weight: 700, colour: accent },
  h3: { size: 11, weight: 700, colour: ink },
  body: { size: 9.8, weight: 400, colour: ink },
  strong: { size: 9.8, weight: 700, colour: ink },
  small: { size: 8.6, weight: 400, colour: faint },
  label: { size: 8.6, weight: 700, colour: faint },
  cell: { size: 9, weight: 400, colour: ink },
  strongCell: { size: 9, weight: 700, colour: ink },
} as const satisfies Record<string, TextStyle>;

/** Words on a ground that both print apart; the words are there for whoever does not see colours. */
export const badges: Readonly<Record<Mark, TextStyle>> = {
  CRITICAL: { size: 8.6, weight: 700, colour: '#ffffff', ground: '#8a1c1c' },
  HIGH: { size: 8.6, weight: 700, colour: '#5c1a0b', ground: '#f6c6b8' },
  MEDIUM: { size: 8.6, weight: 700, colour: '#543c05', ground: '#fbe6b0' },
  LOW: { size: 8.6, weight: 700, colour: '#23422a', ground: '#dbe7dc' },
  STRENGTH: { size: 8.6, weight: 700, colour: '#1d3f72', ground: '#d9e5f5' },
};
