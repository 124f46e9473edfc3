import { AlignmentType, LevelFormat, LineRuleType, type INumberingOptions, type IStylesOptions } from 'docx';
import type { Mark } from './risk-words.ts';

/*
 * How the Word report looks. Word and LibreOffice fall back to fonts of their own where these are missing; sizes are half points,
 * distances twentieths of a point.
 */

const ink = '1f2933';
export const faint = '52606d';
export const rule = 'cbd2d9';
const accent = '1d3f72';

/** Words on a ground that both print apart; the words are there for whoever does not see colours. */
export const riskColours: Readonly<Record<Mark, { readonly ground: string; readonly words: string }>> = {
  CRITICAL: { ground: '8a1c1c', words: 'ffffff' },
  HIGH: { ground: 'f6c6b8', words: '5c1a0b' },
  MEDIUM: { ground: 'fbe6b0', words: '543c05' },
  LOW: { ground: 'dbe7dc', words: '23422a' },
  STRENGTH: { ground: 'd9e5f5', words: '1d3f72' },
};

const heading = (size: number, before: number, after: number, color = accent) => ({
  run: { size, bold: true, color },
  paragraph: { spacing: { before, after }, keepNext: true, keepLines: true },
});

export const styles: IStylesOptions = {
  default: {
    document: {
      run: { font: 'Calibri', size: 21, color: ink, language: { value: 'en-US' } },
      paragraph: { spacing: { after: 100, line: 269, lineRule: LineRuleType.AUTO } },
    },
    title: { run: { size: 48, bold: true, color: accent }, paragraph: { spacing: { before: 1800, after: 240 } } },
    heading1: heading(32, 480, 160),
    heading2: heading(26, 360, 80),
    heading3: heading(22, 300, 60, ink),
  },
  paragraphStyles: [
    {
      id: 'Facts',
      name: 'Facts',
      basedOn: 'Normal',
      run: { size: 19, color: faint },
      paragraph: { spacing: { after: 80 } },
    },
    {
      id: 'Label',
      name: 'Label',
      basedOn: 'Normal',
      run: { size: 19, bold: true, color: faint },
      paragraph: { keepNext: true, spacing: { before: 100, after: 40 } },
    },
    {
      id: 'Quotation',
      name: 'Quotation',
      basedOn: 'Normal',
      // On both sides: the line stays at the left of words that read from the right.
      paragraph: { indent: { left: 284, right: 284 }, spacing: { after: 60 } },
    },
    {
      id: 'Notice',
      name: 'Notice',
      basedOn: 'Normal',
      run: { bold: true },
      paragraph: { spacing: { before: 160, after: 160 } },
    },
    {
      id: 'ContentsTitle',
      name: 'Contents Title',
      basedOn: 'Normal',
      run: { size: 32, bold: true, color: accent },
      paragraph: { spacing: { after: 160 }, keepNext: true },
    },
    {
      id: 'TOC1',
      name: 'toc 1',
      basedOn: 'Normal',
      run: { bold: true },
      paragraph: { spacing: { before: 100, after: 40 } },
    },
    { id: 'TOC2', name: 'toc 2', basedOn: 'Normal', paragraph: { indent: { left: 284 }, spacing: { after: 30 } } },
  ],
};

export const numbering: INumberingOptions = {
  config: [
    {
      reference: 'bullets',
      levels: [
        {
          level: 0,
          format: LevelFormat.BULLET,
          text: '•',
          alignment: AlignmentType.START,
          style: { paragraph: { indent: { left: 400, hanging: 240 }, spacing: { after: 40 } } },
        },
      ],
    },
  ],
};
