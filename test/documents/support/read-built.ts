import { readDocx } from '../../../src/documents/read-docx.ts';
import { buildDocx, createFolder, type DocxContent } from './build-docx.ts';

const ignoreProgress = () => {};

/** Reads a document made of the given parts. */
export async function readBuilt(content: DocxContent | string) {
  return withFile(content, (path) => readDocx({ path, filename: 'built.docx' }, ignoreProgress));
}

export const linesOf = async (content: DocxContent | string): Promise<string[]> =>
  (await readBuilt(content)).text.split('\n').slice(0, -1);

async function withFile<T>(content: DocxContent | string, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await createFolder();
  try {
    return await use(
      await folder.save('built.docx', buildDocx(typeof content === 'string' ? { body: content } : content)),
    );
  } finally {
    await folder.remove();
  }
}
