import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findPackageRoot } from '../../src/package-root.ts';
import { loadInstructions, readInstructions, type AllInstructions } from '../../src/review/instructions.ts';
import { createTempFolder } from '../support/temp-folder.ts';

const root = findPackageRoot(import.meta.dirname);
const folder = join(root, 'src', 'review', 'instructions');

/** What comes of reading the files after one of them was edited. */
async function edited(file: string, edit: (text: string) => string): Promise<AllInstructions> {
  const copy = await createTempFolder();
  await cp(folder, copy, { recursive: true });
  await writeFile(join(copy, file), edit(await readFile(join(copy, file), 'utf8')));
  return readInstructions(copy);
}

describe('the instructions that a model is given', () => {
  it('come with the product, with a version each', () => {
    const { review, chat } = loadInstructions(root);
    expect(review.version).toMatch(/^review-\d+$/);
    expect(chat.version).toMatch(/^chat-\d+$/);
  });

  it('are what stands in their files', async () => {
    const read = await edited('review.yaml', (text) =>
      text.replace('You review documents for risk.', 'You read leases.'),
    );
    expect(read.review.text).toMatch(/^You read leases\. You are given one section/);
  });

  it.each([
    ['review.yaml', 'version: review-', 'version: draft-', 'version'],
    ['review.yaml', 'instructions: |-', 'words: |-', 'words'],
    ['review.yaml', '{"type":"summary"', '{"type":"end"', '{"type":"summary"'],
    ['chat.yaml', '<cite>', '<quote>', '<cite>'],
  ])('are refused with the name of the file where %s has lost %s', async (file, before, after, named) => {
    const reading = edited(file, (text) => text.replaceAll(before, after));
    await expect(reading).rejects.toThrow(file);
    await expect(reading).rejects.toThrow(named);
  });
});
