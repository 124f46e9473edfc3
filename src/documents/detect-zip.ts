import { TextDecoder } from 'node:util';
import { DocumentError } from './document-types.ts';
import { openZip, type ZipArchive } from './docx-zip.ts';

/** Content types of a Word document's main part: document and template, each with and without macros, which are never run. */
const wordTypes = [
  'wordprocessingml.document.main+xml',
  'wordprocessingml.template.main+xml',
  'ms-word.document.macroenabled.main+xml',
  'ms-word.template.macroenabledtemplate.main+xml',
];

const officeKinds: readonly (readonly [string, string])[] = [
  ['spreadsheetml', 'an Excel workbook'],
  ['ms-excel', 'an Excel workbook'],
  ['presentationml', 'a PowerPoint presentation'],
  ['ms-powerpoint', 'a PowerPoint presentation'],
  ['ms-visio', 'a Visio drawing'],
  ['fixeddocumentsequence', 'an XPS document'],
];

const mimetypeKinds: readonly (readonly [string, string])[] = [
  ['application/vnd.oasis.opendocument.text', 'an OpenDocument text (.odt)'],
  ['application/vnd.oasis.opendocument.spreadsheet', 'an OpenDocument spreadsheet'],
  ['application/vnd.oasis.opendocument.presentation', 'an OpenDocument presentation'],
  ['application/vnd.oasis.opendocument', 'an OpenDocument file'],
  ['application/epub+zip', 'an EPUB book'],
];

/** Of the parts that tell the kind. */
const maxKindBytes = 1024 * 1024;

/**
 * What a ZIP container is: `DOCX`, or the words for another content.
 * @throws DocumentError when it cannot be opened, or is a Word document that cannot be read.
 */
export async function identifyZip(path: string): Promise<string> {
  const zip = await openZip(path);
  try {
    if (zip.has('mimetype')) {
      const mimetype = await readStart(zip, 'mimetype');
      const kind = mimetypeKinds.find(([type]) => mimetype.startsWith(type));
      if (kind) return kind[1];
    }
    if (zip.isEncrypted) return 'a ZIP archive that is protected by a password';
    if (zip.has('[Content_Types].xml')) {
      const types = (await readStart(zip, '[Content_Types].xml')).toLowerCase();
      if (wordTypes.some((type) => types.includes(type))) return 'DOCX';
      const kind = officeKinds.find(([type]) => types.includes(type));
      if (kind) return kind[1];
    }
    // Without the list of types, the main part under its usual name is a damaged document rather than an archive.
    if (zip.has('word/document.xml')) return 'DOCX';
    if (zip.names.length === 0) return 'an empty ZIP archive';
    return 'a ZIP archive';
  } finally {
    zip.close();
  }
}

async function readStart(zip: ZipArchive, name: string): Promise<string> {
  if (zip.sizeBytes(name) > maxKindBytes)
    throw new DocumentError(
      'UNREADABLE_DOCUMENT',
      'The file is damaged: its table of contents is far larger than any document needs.',
    );
  const chunks: Buffer[] = [];
  for await (const chunk of zip.read(name)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8').decode(bytes);
}
