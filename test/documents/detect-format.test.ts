import { strToU8, zipSync } from 'fflate';
import { afterAll, describe, expect, test } from 'vitest';
import { detectFormat } from '../../src/documents/detect-format.ts';
import { buildDocx, createFolder, docxParts, paragraph, zipParts } from './support/build-docx.ts';
import { seededBytes } from './support/seeded.ts';
import { compoundFile, writeZip } from './support/write-zip.ts';

const folder = await createFolder();
afterAll(folder.remove);

const detect = async (filename: string, bytes: Uint8Array | string) =>
  detectFormat({ path: await folder.save('file', bytes), filename });

const docx = buildDocx({ body: paragraph('Text') });
const png = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex');
const office = (type: string) =>
  zipParts({ '[Content_Types].xml': `<Types><Override PartName="/x" ContentType="application/vnd.${type}"/></Types>` });
const withMimetype = (type: string) =>
  zipSync({ mimetype: [strToU8(type), { level: 0 }], 'content.xml': strToU8('<x/>') });

describe('the format of a file', () => {
  test.each([
    ['a Word document', 'contract.docx', docx, 'DOCX'],
    ['a Word document under the name of a PDF', 'contract.pdf', docx, 'DOCX'],
    ['a Word document without extension', 'contract', docx, 'DOCX'],
    [
      'a Word document with macros',
      'macros.docm',
      zipParts({
        ...docxParts({ body: '' }),
        '[Content_Types].xml': '<Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>',
      }),
      'DOCX',
    ],
    ['a PDF under the name of a Word document', 'contract.docx', '%PDF-1.7\n', 'PDF'],
    ['a PDF behind a byte order mark', 'contract.txt', '\ufeff \n%PDF-1.7\n', 'PDF'],
    [
      'a PDF behind other bytes',
      'contract.pdf',
      Buffer.concat([seededBytes(300, 1), Buffer.from('%PDF-1.4\n\u0000\u0001')]),
      'PDF',
    ],
    ['a text about PDF', 'notes.txt', 'A PDF begins with %PDF-1.7.', 'TEXT'],
    ['HTML under the name of a text', 'page.txt', '<!DOCTYPE html><p>x', 'HTML'],
    ['XHTML without extension', 'page', '\ufeff<?xml version="1.0"?>\n<!-- x --> <html lang="en">', 'HTML'],
    ['HTML in UTF-16', 'page.docx', Buffer.from('\ufeff<html><body>x', 'utf16le'), 'HTML'],
    ['HTML without a start, by its name', 'fragment.htm', '<p>no doctype</p>', 'HTML'],
    ['Markdown, by its name', 'readme.md', 'plain words', 'MARKDOWN'],
    ['Markdown, by its long name', 'readme.MARKDOWN', 'plain words', 'MARKDOWN'],
    ['a text that looks like Markdown, by its name', 'notes.txt', '# One\n\n# Two\n', 'TEXT'],
    ['two headings without extension', 'notes', '# One\n\n## Two\n', 'MARKDOWN'],
    ['a heading and a list without extension', 'notes', '# One\n\n* item\n', 'MARKDOWN'],
    ['a single heading without extension', 'notes', '# not a heading alone\n', 'TEXT'],
    ['a text under the name of a PDF', 'contract.pdf', 'only words', 'TEXT'],
    ['a text that begins like other formats', 'log', 'BM and MZ begin other formats', 'TEXT'],
    ['a table in a text', 'data.csv', 'a;b\n1;2\n', 'TEXT'],
    ['XML, by its name a text', 'notes.txt', '<?xml version="1.0"?><notes/>', 'TEXT'],
    ['a text in windows-1252', 'old.txt', Buffer.from('caf\xe9 au lait, 5\x80', 'latin1'), 'TEXT'],
    ['UTF-16 without a mark', 'wide.txt', Buffer.from('no mark at all, only zeros', 'utf16le'), 'TEXT'],
    ['UTF-16 with the other byte order', 'wide.txt', Buffer.from('\ufeffmarked', 'utf16le').swap16(), 'TEXT'],
  ])('of %s: named %s', async (_, filename, bytes, format) => {
    expect(await detect(filename, bytes)).toBe(format);
  });

  test.each([
    ['an image', 'logo.docx', png, 'The file is named .docx but holds an image, PNG,'],
    ['an image by its own name', 'logo.png', png, 'The file holds an image, PNG,'],
    ['random bytes', 'x.pdf', seededBytes(4096, 2), 'named .pdf but holds binary data of an unknown kind'],
    [
      'a workbook',
      'x.docx',
      office('openxmlformats-officedocument.spreadsheetml.sheet.main+xml'),
      'named .docx but holds an Excel workbook',
    ],
    [
      'a presentation',
      'x.pptx',
      office('openxmlformats-officedocument.presentationml.presentation.main+xml'),
      'holds a PowerPoint presentation',
    ],
    [
      'an OpenDocument text',
      'x.odt',
      withMimetype('application/vnd.oasis.opendocument.text'),
      'holds an OpenDocument text (.odt)',
    ],
    ['an EPUB book', 'x.epub', withMimetype('application/epub+zip'), 'holds an EPUB book'],
    ['an archive', 'x.docx', zipParts({ 'readme.txt': 'x' }), 'named .docx but holds a ZIP archive,'],
    ['an empty archive', 'x.zip', zipParts({}), 'holds an empty ZIP archive'],
    [
      'an encrypted archive',
      'x.docx',
      writeZip([{ name: 'word/document.xml', content: 'x', isEncrypted: true }]),
      'a ZIP archive that is protected by a password',
    ],
    ['RTF', 'x.doc', '{\\rtf1\\ansi x}', 'named .doc but holds a rich text document (RTF)'],
    ['PostScript', 'x.ps', '%!PS-Adobe-3.0', 'holds a PostScript document'],
    ['XML', 'x.docx', '<?xml version="1.0"?><w:wordDocument/>', 'named .docx but holds an XML file'],
    ['a legacy workbook', 'x.doc', compoundFile('Workbook'), 'named .doc but holds an Excel 97-2003 workbook'],
    ['a message', 'x.msg', compoundFile('__properties_version1.0'), 'holds an Outlook message'],
  ])('of %s named %s is not supported; the message names the content', async (_, filename, bytes, words) => {
    await expect(detect(filename, bytes)).rejects.toMatchObject({
      code: 'UNSUPPORTED_FORMAT',
      message: expect.stringContaining(words),
    });
  });

  test.each([
    ['an empty file', '', 'The file is empty'],
    ['an encrypted document', compoundFile('EncryptionInfo', 'EncryptedPackage'), 'protected by a password'],
    ['a legacy document', compoundFile('1Table', 'WordDocument'), 'legacy .doc'],
    ['a compound file cut short', compoundFile().subarray(0, 8), 'password-protected Office document or a legacy one'],
    ['a container cut short', docx.subarray(0, docx.length / 2), 'damaged or incomplete'],
  ])('%s is unreadable, with what to do', async (_, bytes, words) => {
    await expect(detect('x.docx', bytes)).rejects.toMatchObject({
      code: 'UNREADABLE_DOCUMENT',
      message: expect.stringContaining(words),
    });
  });

  test('is told of a file with an endless or poisonous name, which no message repeats', async () => {
    const name = `${'n'.repeat(10_000)}\u0000\u001b[31m\n.png\u202e.docx`;
    expect(await detect(name, docx)).toBe('DOCX');
    const error = await detect(name, png).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^The file is named \.docx but holds an image, PNG, [ -~]{1,200}$/),
    });
  });

  test('is not looked for in a file that the system cannot read', async () => {
    await expect(detectFormat({ path: '/does/not/exist', filename: 'x' })).rejects.toMatchObject({ syscall: 'open' });
  });
});
