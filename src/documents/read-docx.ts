import { createBodyReader, type BodyOptions } from './docx-body.ts';
import { createTextBudget, flatTextToString, type TextSpan } from './docx-flat-text.ts';
import { createNotes, noteKinds, type NoteKind, type NoteTexts } from './docx-notes.ts';
import { createNumbering } from './docx-numbering.ts';
import { findDocxParts, type DocxParts } from './docx-package.ts';
import { createStyleSheet } from './docx-styles.ts';
import { readXml, readXmlText, type XmlHandlers, type XmlText } from './docx-xml.ts';
import { openZip, type ZipArchive } from './docx-zip.ts';
import type { ExtractedDocument, ParseProgress } from './document-types.ts';

export type DocxSource = { readonly path: string; readonly filename: string };

/**
 * Reads a Word document: paragraphs as lines, list labels as shown, table rows as lines with tabs between cells, notes behind the
 * paragraph that refers to them, text boxes behind the paragraph that they are anchored in. Headers, footers and comments are left out.
 * Pages are decided when a document is printed and are not in the file, so that `pageOffsets` is empty.
 * @throws DocumentError for a document that is damaged, hostile or too large.
 */
export async function readDocx(
  source: DocxSource,
  onProgress: (progress: ParseProgress) => void,
): Promise<ExtractedDocument> {
  const { document } = await read(source.path, false, async (zip, part, { text, handlers }) => {
    const totalBytes = zip.sizeBytes(part);
    const bytes = withProgress(zip.read(part), (readBytes) =>
      onProgress({ sectionsFound: text.headings.length, percent: Math.min(100, (readBytes / totalBytes) * 100) }),
    );
    await readXml(part, bytes, handlers);
  });
  return document;
}

export type DocxWithSpans = ExtractedDocument & {
  readonly spans: readonly TextSpan[];
  /** The part that holds the body, in which most spans are. */
  readonly body: XmlText;
};

/**
 * The same text, with the place in the XML of each of its stretches, for writing comments at a range of the text. The spans take about
 * as much memory as the text ten times over.
 * @throws DocumentError as `readDocx`.
 */
export async function readDocxWithSpans(path: string): Promise<DocxWithSpans> {
  const { document, spans, body } = await read(path, true, (zip, part, { handlers }) =>
    readXmlText(part, zip.read(part), handlers),
  );
  return { ...document, spans, body };
}

type BodyReader = ReturnType<typeof createBodyReader>;

/** `readBody` reads the part that holds the body. */
async function read<Body>(
  path: string,
  keepSpans: boolean,
  readBody: (zip: ZipArchive, part: string, reader: BodyReader) => Promise<Body>,
): Promise<{ document: ExtractedDocument; spans: readonly TextSpan[]; body: Body }> {
  const zip = await openZip(path);
  try {
    const parts = await findDocxParts(zip);
    const { handlers: styleHandlers, sheet: styles } = createStyleSheet();
    await readPart(zip, parts.styles, styleHandlers);
    const { handlers: numberingHandlers, numbering } = createNumbering(styles);
    await readPart(zip, parts.numbering, numberingHandlers);

    const shared = { styles, numbering, keepSpans, budget: createTextBudget() };
    const noteTexts = await readNotes(zip, parts, shared);
    const notes = createNotes(noteTexts, keepSpans, shared.budget);
    const reader = createBodyReader({ ...shared, part: parts.document, notes });
    const body = await readBody(zip, parts.document, reader);
    const { headings, spans } = reader.text;
    const document = { text: flatTextToString(reader.text), headings, pageOffsets: [] };
    return { document, spans: spans ?? [], body };
  } finally {
    zip.close();
  }
}

async function readPart(zip: ZipArchive, name: string | null, handlers: XmlHandlers): Promise<void> {
  if (name !== null) await readXml(name, zip.read(name), handlers);
}

async function readNotes(
  zip: ZipArchive,
  parts: DocxParts,
  shared: Omit<BodyOptions, 'part' | 'notes'>,
): Promise<NoteTexts> {
  const readKind = async (kind: NoteKind) => {
    const part = kind === 'footnote' ? parts.footnotes : parts.endnotes;
    const reader = createBodyReader({ ...shared, part: part ?? '', notes: null });
    await readPart(zip, part, reader.handlers);
    return [kind, reader.notes] as const;
  };
  return Object.fromEntries(await Promise.all(noteKinds.map(readKind))) as NoteTexts;
}

async function* withProgress(
  bytes: AsyncIterable<Buffer>,
  report: (readBytes: number) => void,
): AsyncGenerator<Buffer> {
  let readBytes = 0;
  for await (const chunk of bytes) {
    yield chunk;
    readBytes += chunk.length;
    report(readBytes);
  }
}
