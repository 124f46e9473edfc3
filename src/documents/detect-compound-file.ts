import { open } from 'node:fs/promises';
import { DocumentError } from './document-types.ts';
import { unsupportedFormat } from './unsupported-format.ts';

/**
 * The error for a compound file: the container of Office before 2007, and of newer Office files once they are encrypted. Which of them
 * it is stands in the names of its streams; the first sectors of its directory are enough to find them.
 */
export async function describeCompoundFile(path: string, extension: string): Promise<DocumentError> {
  const directory = await readDirectory(path);
  const holds = (name: string) => directory.includes(Buffer.from(name, 'utf16le'));
  if (holds('EncryptedPackage') || holds('EncryptionInfo'))
    return unreadable('The document is protected by a password. Remove the password in Word and upload it again.');
  if (holds('WordDocument'))
    return unreadable('The document is a Word 97-2003 file (legacy .doc). Save it as .docx or PDF and upload that.');
  const other = otherKinds.find(([name]) => holds(name));
  if (!other)
    return unreadable(
      'The file is a password-protected Office document or a legacy one (.doc). Remove the password or save it as .docx, and upload that.',
    );
  return unsupportedFormat(extension, other[1]);
}

const otherKinds: readonly (readonly [string, string])[] = [
  ['Workbook', 'an Excel 97-2003 workbook'],
  ['PowerPoint Document', 'a PowerPoint 97-2003 presentation'],
  ['__properties_version1.0', 'an Outlook message'],
  ['VisioDocument', 'a Visio drawing'],
];

const unreadable = (message: string): DocumentError => new DocumentError('UNREADABLE_DOCUMENT', message);

const headerBytes = 512;
const directoryBytes = 8 * 1024;

async function readDirectory(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const header = Buffer.alloc(headerBytes);
    await file.read({ buffer: header, position: 0 });
    const sectorBytes = header.readUInt16LE(0x1e) === 12 ? 4096 : 512;
    const position = (header.readUInt32LE(0x30) + 1) * sectorBytes;
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(directoryBytes), position });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
