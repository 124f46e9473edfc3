import { DocumentError } from './document-types.ts';

const documentExtensions: ReadonlySet<string> = new Set(['docx', 'doc', 'pdf', 'html', 'htm', 'md', 'txt']);

/** `content` completes "it holds …"; it is named together with a name that promises something else. */
export function unsupportedFormat(extension: string, content: string): DocumentError {
  const finding = documentExtensions.has(extension)
    ? `The file is named .${extension} but holds ${content}, which cannot be reviewed.`
    : `The file holds ${content}, which cannot be reviewed.`;
  return new DocumentError(
    'UNSUPPORTED_FORMAT',
    `${finding} Upload the document as Word (.docx), PDF, HTML, Markdown or plain text.`,
  );
}
