import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrism, type GraphQLResult, type Prism } from '../support/prism.ts';
import { buildDocx, paragraph, styled } from './support/build-docx.ts';
import { seededRandom } from './support/seeded.ts';

const query =
  'mutation($input: UploadDocumentInput!) { uploadDocument(input: $input) { document { id filename format } } }';

let prism: Prism;
let session: string;
let longDocument: Uint8Array;
beforeAll(async () => {
  // Before the server starts: it takes a second, in which connections that idle would run into their timeouts.
  longDocument = buildLongDocument();
  prism = await startPrism();
  session = await prism.createSession();
});
afterAll(() => prism.close());

/** Takes about a second to read: 35 MB that are no text. */
function buildLongDocument(): Uint8Array {
  const clause = (index: number): string =>
    styled('Heading1', `Clause ${index}`) + paragraph('Some words.').repeat(100);
  const random = seededRandom(3);
  const filler = Array.from({ length: 30_000 }, () => `<w:x w:y="${random()}"/>`).join('');
  const clauses = Array.from({ length: 300 }, (_, index) => clause(index)).join('');
  return buildDocx({ body: `${clauses}<w:sectPr>${filler.repeat(35)}</w:sectPr>` });
}

describe('the name of an uploaded file', () => {
  let count = 0;
  /** By hand, since HTTP clients escape in a name what it may not hold. Each file has bytes of its own. */
  async function upload(filename: string): Promise<GraphQLResult> {
    count += 1;
    const part = (header: string, body: string): string =>
      `--edge\r\nContent-Disposition: form-data; ${header}\r\n\r\n${body}\r\n`;
    const operations = JSON.stringify({ query, variables: { input: { sessionId: session, file: null } } });
    const fields = part('name="operations"', operations) + part('name="map"', '{"0":["variables.input.file"]}');
    const body = `${fields}${part(`name="0"; filename="${filename}"`, `# Clause\n\nText ${count}.`)}--edge--\r\n`;
    const headers = { 'content-type': 'multipart/form-data; boundary=edge' };
    const response = await fetch(prism.server.url, { method: 'POST', body, headers });
    return (await response.json()) as GraphQLResult;
  }

  it.each([
    [
      'is cut to 255 characters with its extension when it has 10,000',
      `${'n'.repeat(10_000)}.md`,
      `${'n'.repeat(252)}.md`,
    ],
    ['loses its control characters', 'con\u0001tract\u001b[2J\u0000\u007f.md', 'contract[2J.md'],
    ['loses the folders in front of it', '../../etc/cron.d\\contract.md', 'contract.md'],
  ])('%s', async (_, filename, stored) => {
    const startMs = performance.now();
    const { data } = await upload(filename);
    expect(data?.uploadDocument.document).toMatchObject({ filename: stored, format: 'MARKDOWN' });
    const seen = [];
    for await (const event of prism.events('documentEvents', data.uploadDocument.document.id))
      seen.push(event.__typename);
    expect(seen.at(-1)).toBe('DocumentReady');
    expect(performance.now() - startMs).toBeLessThan(10_000);
  });

  it('is cut as well when it is longer than a header can be', async () => {
    const { data } = await upload(`${'n'.repeat(20_000)}.md`);
    expect(data?.uploadDocument.document.filename).toHaveLength(255);
  });

  it.each([
    ['nothing', ''],
    ['nothing but control characters', '\u0001\u001b\u007f'],
    ['a folder', '../..'],
    ['the end of a line', 'a\nb.md'],
  ])('is refused when it is %s', async (_, filename) => {
    const { errors } = await upload(filename);
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('a document that takes more than a second to read', () => {
  it('tells its subscribers how far it is, and how many sections were found', { timeout: 60_000 }, async () => {
    const { data } = await prism.upload(session, 'long.docx', longDocument);
    const progress = [];
    let last;
    for await (const event of prism.events('documentEvents', data.uploadDocument.document.id)) {
      last = event;
      if (event.__typename === 'DocumentParsing') progress.push(event);
    }
    expect(last.__typename).toBe('DocumentReady');
    const percents = progress.map(({ percent }) => percent);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(percents.some((percent) => percent > 0 && percent < 100)).toBe(true);
    expect(progress.at(-1).sectionsFound).toBeGreaterThan(0);
  });
});
