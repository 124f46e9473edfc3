import type { DocumentFormat } from '../documents/document-types.ts';
import { AppError } from '../errors.ts';

const formats: Readonly<Record<string, DocumentFormat>> = {
  docx: 'DOCX',
  pdf: 'PDF',
  html: 'HTML',
  htm: 'HTML',
  xhtml: 'HTML',
  md: 'MARKDOWN',
  markdown: 'MARKDOWN',
  txt: 'TEXT',
  text: 'TEXT',
};

/**
 * What a file's name says it is, until its content has been looked at; TEXT without an extension. Throws UNSUPPORTED_FORMAT for an extension
 * of something else, so that a wrong file is refused before its bytes are parsed.
 */
export function formatByName(filename: string): DocumentFormat {
  const extension = /\.([^.]+)$/.exec(filename)?.[1]?.toLowerCase();
  if (extension === undefined) return 'TEXT';
  const format = formats[extension];
  if (format) return format;
  throw new AppError(
    'UNSUPPORTED_FORMAT',
    `".${extension.slice(0, 20)}" files are not read. Upload a .docx, .pdf, .html, .md or .txt file.`,
  );
}
