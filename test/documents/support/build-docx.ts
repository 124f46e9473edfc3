import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';

const w = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
const officeTypes = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const namespaces = [
  `xmlns:w="${w}"`,
  'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"',
  'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"',
  'xmlns:v="urn:schemas-microsoft-com:vml"',
  'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"',
  'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"',
].join(' ');

export type DocxContent = {
  /** The content of w:body. */
  readonly body: string;
  readonly styles?: string;
  readonly numbering?: string;
  readonly footnotes?: string;
  readonly endnotes?: string;
  readonly comments?: string;
};

const xmlPart = (root: string, content: string): string =>
  `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:${root} ${namespaces}>${content}</w:${root}>`;

/** The parts of a small but complete Word document, by name. */
export function docxParts({ body, ...others }: DocxContent): Record<string, string> {
  const kinds = Object.entries(others).filter(([, content]) => content !== undefined);
  const override = (name: string, type: string) =>
    `<Override PartName="/word/${name}.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.${type}+xml"/>`;
  const relationship = (type: string, target: string, id: number) =>
    `<Relationship Id="rId${id}" Type="${officeTypes}/${type}" Target="${target}"/>`;
  const relationships = (content: string) =>
    `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${content}</Relationships>`;
  return {
    '[Content_Types].xml': `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${override('document', 'document.main')}${kinds.map(([kind]) => override(kind, kind)).join('')}</Types>`,
    '_rels/.rels': relationships(relationship('officeDocument', 'word/document.xml', 1)),
    'word/_rels/document.xml.rels': relationships(
      kinds.map(([kind], index) => relationship(kind, `${kind}.xml`, index + 1)).join(''),
    ),
    'word/document.xml': xmlPart('document', `<w:body>${body}</w:body>`),
    ...Object.fromEntries(kinds.map(([kind, content]) => [`word/${kind}.xml`, xmlPart(kind, content ?? '')])),
  };
}

export const zipParts = (parts: Readonly<Record<string, string | Uint8Array>>): Uint8Array =>
  zipSync(
    Object.fromEntries(
      Object.entries(parts).map(([name, content]) => [name, typeof content === 'string' ? strToU8(content) : content]),
    ),
  );

export const buildDocx = (content: DocxContent): Uint8Array => zipParts(docxParts(content));

/** A folder for files of one test file. */
export async function createFolder(): Promise<{
  save: (name: string, bytes: Uint8Array | string) => Promise<string>;
  remove: () => Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'documents-'));
  let count = 0;
  return {
    async save(name, bytes) {
      const path = join(folder, `${++count}-${name}`);
      await writeFile(path, bytes);
      return path;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export const run = (text: string, properties = ''): string =>
  `<w:r>${properties ? `<w:rPr>${properties}</w:rPr>` : ''}<w:t xml:space="preserve">${escapeXml(text)}</w:t></w:r>`;

/** A paragraph of plain runs, or of ready XML. */
export const paragraph = (content: string, properties = ''): string =>
  `<w:p>${properties ? `<w:pPr>${properties}</w:pPr>` : ''}${content.startsWith('<') || content === '' ? content : run(content)}</w:p>`;

export const styled = (style: string, content: string, properties = ''): string =>
  paragraph(content, `<w:pStyle w:val="${style}"/>${properties}`);

export const listed = (numId: number, level: number, content: string): string =>
  paragraph(content, `<w:numPr><w:ilvl w:val="${level}"/><w:numId w:val="${numId}"/></w:numPr>`);

export const style = (id: string, name: string, rest = ''): string =>
  `<w:style w:type="paragraph" w:styleId="${id}"><w:name w:val="${name}"/>${rest}</w:style>`;

export type Level = { format: string; text: string; start?: number; rest?: string };

export const abstractList = (id: number, levels: readonly Level[], rest = ''): string =>
  `<w:abstractNum w:abstractNumId="${id}">${rest}${levels
    .map(
      ({ format, text, start = 1, rest: more = '' }, index) =>
        `<w:lvl w:ilvl="${index}"><w:start w:val="${start}"/><w:numFmt w:val="${format}"/>${more}<w:lvlText w:val="${escapeXml(text)}"/></w:lvl>`,
    )
    .join('')}</w:abstractNum>`;

export const list = (id: number, abstractId: number, overrides = ''): string =>
  `<w:num w:numId="${id}"><w:abstractNumId w:val="${abstractId}"/>${overrides}</w:num>`;

export const table = (...rows: readonly (readonly string[])[]): string =>
  `<w:tbl><w:tblPr/><w:tblGrid/>${rows
    .map(
      (cells) =>
        `<w:tr>${cells.map((cell) => `<w:tc><w:tcPr/>${cell.startsWith('<') ? cell : paragraph(cell)}</w:tc>`).join('')}</w:tr>`,
    )
    .join('')}</w:tbl>`;
