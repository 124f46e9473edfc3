import type { PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { turnPoint, type Fragment, type Turn } from './pdf-fragments.ts';
import { cleanText } from './text-clean.ts';

/** What has been filled into a field of a form. It is not part of a page's text, and a contract without it is not the contract. */
export type FormField = { readonly rect: readonly number[]; readonly lines: readonly string[] };

/** The fields that have been filled in, by page (from 0). */
export async function readFormFields(pdf: PDFDocumentProxy): Promise<Map<number, FormField[]>> {
  const pages = new Map<number, FormField[]>();
  for (const objects of Object.values((await pdf.getFieldObjects()) ?? {})) {
    for (const object of objects as unknown as readonly Readonly<Record<string, unknown>>[]) {
      const { page, rect } = object;
      const shown = object['hidden'] === true || object['password'] === true ? '' : shownValue(object);
      if (shown === '' || typeof page !== 'number' || !Array.isArray(rect)) continue;
      const field = { rect: rect as readonly number[], lines: shown.split('\n') };
      pages.set(page, [...(pages.get(page) ?? []), field]);
    }
  }
  return pages;
}

function shownValue({ type, value, exportValues }: Readonly<Record<string, unknown>>): string {
  if (type === 'checkbox' || type === 'radiobutton') {
    const isOn = value !== 'Off' && value !== '' && (typeof exportValues !== 'string' || value === exportValues);
    return isOn ? '☒' : '☐';
  }
  if (type !== 'text' && type !== 'combobox' && type !== 'listbox') return '';
  const chosen: unknown = Array.isArray(value) ? value.join(', ') : value;
  return typeof chosen === 'string' ? cleanText(chosen).trim() : '';
}

/** The largest type a viewer uses when it fits text to a field. */
const largestSize = 12;

/** A field's value as if it were printed where a viewer shows it. */
export function fieldFragments({ rect, lines }: FormField, turn: Turn): Fragment[] {
  const [left = 0, bottom = 0, right = 0, top = 0] = rect;
  const [x0, y0] = turnPoint(turn, left, bottom);
  const [x1, y1] = turnPoint(turn, right, top);
  const height = Math.abs(y1 - y0) / lines.length;
  const size = Math.min(largestSize, 0.75 * height);
  return lines.map((line, index) => {
    const text = line.replace(/\s+/g, ' ').trim();
    return {
      text,
      turn,
      x: Math.min(x0, x1) + 2,
      y: Math.max(y0, y1) - (index + 0.72) * height,
      width: Math.min(Math.abs(x1 - x0), 0.5 * size * text.length),
      size,
      font: 'form field',
      rightToLeft: false,
      spaceBefore: true,
      contentId: undefined,
      isArtifact: false,
    };
  });
}
