import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExtractedDocument, ParseProgress } from '../../src/documents/document-types.ts';
import { createTempFolder } from '../support/temp-folder.ts';

type Reader = (
  source: { path: string; filename: string },
  onProgress: (progress: ParseProgress) => void,
) => Promise<ExtractedDocument>;

/** Writes bytes (or text as UTF-8) to a file and reads them with a reader. */
export async function readWith(
  reader: Reader,
  content: string | Uint8Array,
  onProgress: (progress: ParseProgress) => void = () => undefined,
): Promise<ExtractedDocument> {
  const path = join(await createTempFolder(), 'document');
  await writeFile(path, content);
  return reader({ path, filename: 'document' }, onProgress);
}

/** Headings as an outline, each with what stands at its offset if that is not its title. */
export const outlineOf = ({ text, headings }: ExtractedDocument): string[] =>
  headings.map(({ offset, level, title }) => {
    const line = text.slice(offset).split('\n', 1)[0] ?? '';
    return `${level} ${title}${line.trim() === title ? '' : ` at "${line}"`}`;
  });
