import type { ParsedDocument } from '../../../src/documents/document-types.ts';

/** What golden files hold of a document. One line per section, set in by its level: title, range in the text, pages, words. */
export function sectionOutline({ format, sections, pageCount, wordCount }: ParsedDocument): string {
  const pages = ({ pageStart, pageEnd }: ParsedDocument['sections'][number]): string =>
    pageStart === null ? '' : ` p. ${pageStart}–${pageEnd}`;
  return [
    `${format}, ${sections.length} sections, ${wordCount} words, ${pageCount ?? 'no'} pages`,
    ...sections.map(
      (section) =>
        `${'  '.repeat(section.level)}${section.title} [${section.startOffset}, ${section.endOffset})${pages(section)} ${section.wordCount}`,
    ),
    '',
  ].join('\n');
}
