import { PdfArray, PdfDict, PdfName, PdfNumber, PdfRef, PdfString, type PDF, type PDFPage } from '@libpdf/core';
import { cornersOf, type PdfBox } from '../documents/pdf-positions.ts';
import type { Remark, Thread } from './annotation-text.ts';
import { quadPointsOf, rectangleOf } from './pdf-quads.ts';
import type { ReportDecision } from './report-content.ts';

/** Red, green and blue, from 0 to 1: light enough that black text under it stays black where a viewer does not blend. */
export type Colour = readonly [number, number, number];

/** What PDF viewers keep for each person who reviews: a reply of its own kind. */
const reviewStates = { PENDING: 'None', ACCEPTED: 'Accepted', REJECTED: 'Rejected' } as const;

const flags = { print: 4, reply: 28, hiddenReply: 30 } as const;

/** A highlight over the boxes, with an appearance of its own so that every viewer shows the same. */
export function addHighlight(
  pdf: PDF,
  page: PDFPage,
  remark: Remark,
  { id, boxes, colour }: { readonly id: string; readonly boxes: readonly PdfBox[]; readonly colour: Colour },
): PdfRef {
  const rectangle = rectangleOf(boxes);
  const entries = {
    ...markupEntries(page, remark, id, rectangle),
    Subtype: PdfName.of('Highlight'),
    F: PdfNumber.of(flags.print),
    QuadPoints: numbers(boxes.flatMap(quadPointsOf)),
    C: numbers(colour),
    AP: PdfDict.of({ N: highlightAppearance(pdf, rectangle, boxes, colour) }),
  };
  return addToPage(pdf, page, PdfDict.of(entries));
}

/** Answers a highlight: a reply for every decision, and the state that viewers show beside the comment. */
export function addReplies(
  pdf: PDF,
  page: PDFPage,
  parent: PdfRef,
  thread: Thread,
  {
    id,
    boxes,
    history,
  }: { readonly id: string; readonly boxes: readonly PdfBox[]; readonly history: readonly ReportDecision[] },
): void {
  const rectangle = rectangleOf(boxes);
  const nothing = pdf.createStream(
    { Type: PdfName.of('XObject'), Subtype: PdfName.of('Form'), BBox: numbers([0, 0, 0, 0]) },
    new Uint8Array(),
  );
  for (const [index, remark] of thread.replies.entries()) {
    const reply = {
      ...markupEntries(page, remark, `${id}-reply-${index + 1}`, rectangle),
      Subtype: PdfName.of('Text'),
      IRT: parent,
      RT: PdfName.of('R'),
    };
    // Viewers that know no replies would draw an icon over the text.
    addToPage(pdf, page, PdfDict.of({ ...reply, F: PdfNumber.of(flags.reply), AP: PdfDict.of({ N: nothing }) }));
    const status = history[index]?.status ?? 'PENDING';
    const state = {
      ...reply,
      NM: PdfString.fromString(`${id}-state-${index + 1}`),
      F: PdfNumber.of(flags.hiddenReply),
      StateModel: PdfString.fromString('Review'),
      State: PdfString.fromString(reviewStates[status]),
    };
    addToPage(pdf, page, PdfDict.of(state));
  }
}

function markupEntries(
  page: PDFPage,
  { author, at, heading, lines }: Remark,
  id: string,
  rectangle: readonly number[],
) {
  return {
    Type: PdfName.of('Annot'),
    P: page.ref,
    Rect: numbers(rectangle),
    NM: PdfString.fromString(id),
    T: PdfString.fromString(author),
    Contents: PdfString.fromString([heading, ...lines].join('\n')),
    CreationDate: PdfString.fromString(pdfDate(at)),
    M: PdfString.fromString(pdfDate(at)),
  };
}

/** Multiplied with what is under it, as a marker pen does. */
function highlightAppearance(pdf: PDF, rectangle: readonly number[], boxes: readonly PdfBox[], colour: Colour): PdfRef {
  const multiply = PdfDict.of({ Type: PdfName.of('ExtGState'), BM: PdfName.of('Multiply') });
  const content = `/Multiply gs ${colour.map(short).join(' ')} rg ${boxes.map(outlineOf).join(' ')} f`;
  return pdf.createStream(
    {
      Type: PdfName.of('XObject'),
      Subtype: PdfName.of('Form'),
      BBox: numbers(rectangle),
      Resources: PdfDict.of({ ExtGState: PdfDict.of({ Multiply: multiply }) }),
    },
    Buffer.from(content, 'latin1'),
  );
}

function outlineOf(box: PdfBox): string {
  const [upperLeft, upperRight, lowerLeft, lowerRight] = cornersOf(box).map((corner) => corner.map(short).join(' '));
  return `${lowerLeft} m ${lowerRight} l ${upperRight} l ${upperLeft} l h`;
}

/** Keeps the annotations that the page has. Where they are a list of their own, other pages may have the same: this one gets a copy. */
function addToPage(pdf: PDF, page: PDFPage, annotation: PdfDict): PdfRef {
  const ref = pdf.register(annotation);
  const existing = page.dict.get('Annots');
  const shared = existing instanceof PdfRef ? pdf.getObject(existing) : undefined;
  if (existing instanceof PdfArray) existing.push(ref);
  else page.dict.set('Annots', new PdfArray([...(shared instanceof PdfArray ? shared : []), ref]));
  return ref;
}

const short = (value: number): string => String(Math.round(value * 100) / 100);
const numbers = (values: readonly number[]): PdfArray =>
  new PdfArray(values.map((value) => PdfNumber.of(Math.round(value * 100) / 100)));

/** `D:20260304050607Z` */
const pdfDate = (at: Date): string => `D:${at.toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`;
