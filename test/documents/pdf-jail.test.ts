import { createDeflate } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPdf, draw, drawLines, pageObject } from './pdf-file.ts';
import { createFolder } from './support/build-docx.ts';
import { runJail, type JailCase, type JailResult } from './support/run-jail.ts';

const folder = await createFolder();
afterAll(folder.remove);

const clauses = Array.from({ length: 10 }, (_, page) => ({
  content:
    draw(72, 740, `${page + 1}. Clause`, 'courierBold') + drawLines(72, 720, ['The parties agree', 'on this clause.']),
}));
const good = buildPdf(clauses);

/** `times` megabytes of drawing instructions, packed without ever holding them. */
async function packedInstructions(times: number): Promise<Buffer> {
  const deflate = createDeflate({ level: 9 });
  const chunks: Buffer[] = [];
  deflate.on('data', (chunk: Buffer) => chunks.push(chunk));
  const block = Buffer.from('q 1 0 0 1 0 0 cm Q\n'.repeat(Math.ceil((1024 * 1024) / 19)));
  for (let count = 0; count < times; count += 1) {
    if (!deflate.write(block)) await new Promise((resolve) => deflate.once('drain', resolve));
  }
  await new Promise<void>((resolve) => deflate.end(resolve));
  return Buffer.concat(chunks);
}

async function bomb(): Promise<Buffer> {
  const stream = { dictionary: '/Filter/FlateDecode', data: await packedInstructions(400) };
  return buildPdf([{ content: '', entries: '' }], { objects: { [pageObject(1) + 1]: stream } });
}

/** Its first page is none, and nothing is where the second should be: pdf.js fetches that one ahead and lets nobody know. */
function missingPage(): Buffer {
  const [first, second] = [pageObject(1), pageObject(2)];
  const whole = buildPdf(clauses.slice(0, 2)).toString('latin1');
  const damaged = whole.replace(`[${first} 0 R `, '[null   ').replace(`\n${second} 0 obj`, `\n${second} 0 xxx`);
  return Buffer.from(damaged, 'latin1');
}

const script = '<</S/JavaScript/JS(while\\(true\\) {})>>';

const documents: Readonly<Record<string, () => Buffer | Promise<Buffer>>> = {
  'bomb.pdf': bomb,
  'locked.pdf': () => buildPdf(clauses, { isLocked: true }),
  'cut.pdf': () => good.subarray(0, good.length / 2),
  'empty.pdf': () => buildPdf([]),
  'script.pdf': () => buildPdf(clauses, { catalog: `/OpenAction ${script}` }),
  'missing-page.pdf': missingPage,
  'nested.html': () => Buffer.from(`<html>${'<div>'.repeat(100_000)}deep`),
  'nested.md': () => Buffer.from(`# Title\n\n${'>'.repeat(20_000)} deep\n\n${'['.repeat(50_000)}`),
};

describe('hostile documents in the jail', () => {
  let results: ReadonlyMap<string, JailResult>;
  beforeAll(async () => {
    const cases: JailCase[] = [];
    for (const [name, make] of Object.entries(documents)) {
      cases.push({ name, filename: name, path: await folder.save(name, await make()) });
    }
    const path = await folder.save('good.pdf', good);
    results = await runJail(folder, { path, filename: 'good.pdf' }, cases);
  }, 120_000);

  it.each([
    ['bomb.pdf', 'PAYLOAD_TOO_LARGE', /unpacks to more than 32 MB/],
    ['locked.pdf', 'UNREADABLE_DOCUMENT', /password/],
    ['cut.pdf', 'UNREADABLE_DOCUMENT', /incomplete/],
    ['empty.pdf', 'UNREADABLE_DOCUMENT', /no pages/],
    ['script.pdf', 'PDF', /^$/],
    ['missing-page.pdf', 'UNREADABLE_DOCUMENT', /damaged or not a PDF/],
    ['nested.html', 'UNREADABLE_DOCUMENT', /nests/],
    ['nested.md', 'MARKDOWN', /^$/],
  ])('%s ends as %s within 10 s, and leaves parent and neighbour alone', (name, code, message) => {
    const result = results.get(name);
    expect(result?.outcome).toMatchObject({ code, message: expect.stringMatching(message) as string });
    expect(result?.ms).toBeLessThan(10_000);
    expect(result?.grownMb).toBeLessThan(20);
    expect(result?.goodSections).toBe(10);
  });
});
