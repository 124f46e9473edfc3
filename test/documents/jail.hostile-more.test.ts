import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPdf, draw, drawLines, pageObject } from './pdf-file.ts';
import { buildDocx, createFolder, paragraph, styled } from './support/build-docx.ts';
import { hostilePdfs } from './support/hostile-pdfs.ts';
import { hostileTexts } from './support/hostile-texts.ts';
import { runJail, type JailCase, type JailResult } from './support/run-jail.ts';
import { seededBytes } from './support/seeded.ts';

const folder = await createFolder();
afterAll(folder.remove);

const goodSections = 20;
const clauses = Array.from({ length: goodSections }, (_, index) => `Clause ${index}`);
const text = 'The parties agree on this clause, and on what follows from it.';
const script = '<</S/JavaScript/JS(while\\(true\\) {})>>';
const pages = clauses.map((title, index) => ({
  content: draw(72, 740, `${index + 1}. ${title}`, 'courierBold') + drawLines(72, 720, text.split(', ')),
}));

/** One document in each format. */
const good: Readonly<Record<string, Uint8Array>> = {
  'good.docx': buildDocx({ body: clauses.map((title) => styled('Heading1', title) + paragraph(text)).join('') }),
  'good.pdf': buildPdf(pages),
  'good.html': Buffer.from(`<html>${clauses.map((title) => `<h1>${title}</h1><p>${text}</p>`).join('\n')}</html>`),
  'good.md': Buffer.from(clauses.map((title) => `# ${title}\n\n${text}\n`).join('\n')),
  'good.txt': Buffer.from(
    clauses.map((title, index) => `${index + 1}. ${title.toUpperCase()}\n\n${text}\n`).join('\n'),
  ),
};

type Outcome = readonly [name: string, filename: string, code: string, words: string, make: () => Uint8Array | string];

const pdfOutcomes: Readonly<Record<string, readonly [code: string, words: string]>> = {
  'content packed twice': ['PAYLOAD_TOO_LARGE', 'unpacks to more than 32 MB'],
  'content packed by LZW': ['UNREADABLE_DOCUMENT', 'more memory'],
  'content of 6 million words': ['PAYLOAD_TOO_LARGE', 'unpacks to more than 32 MB'],
  'a million arrays inside each other': ['UNREADABLE_DOCUMENT', 'has no text'],
  'a page tree that is its own branch': ['UNREADABLE_DOCUMENT', 'damaged'],
  'an outline of 100,000 levels': ['UNREADABLE_DOCUMENT', 'made its reader crash'],
  'a form that draws two of the next, 40 times over': ['UNREADABLE_DOCUMENT', 'has no text'],
  'an encryption by a key of a billion bits': ['UNREADABLE_DOCUMENT', 'damaged'],
};

const textOutcomes: Readonly<Record<string, readonly [code: string, words: string]>> = {
  'nested tables.html': ['UNREADABLE_DOCUMENT', 'nests more than 10,000'],
  'nested lists.html': ['UNREADABLE_DOCUMENT', 'nests more than 10,000'],
  'unclosed bold.html': ['UNREADABLE_DOCUMENT', 'nests more than 10,000'],
  'open tags.html': ['UNREADABLE_DOCUMENT', 'no text to review'],
  'too long.html': ['PAYLOAD_TOO_LARGE', '5,000,000 characters'],
  'too many headings.html': ['PAYLOAD_TOO_LARGE', '10,001 sections'],
  'headings.md': ['PAYLOAD_TOO_LARGE', '10,001 sections'],
  'underlines.md': ['PAYLOAD_TOO_LARGE', '10,001 sections'],
  'metadata.md': ['PAYLOAD_TOO_LARGE', '150,000 sections'],
  'too long.md': ['PAYLOAD_TOO_LARGE', '5,000,000 characters'],
  'too long.txt': ['PAYLOAD_TOO_LARGE', '5,000,000 characters'],
};

/** Text has no mark of its end: what is there of it is read. */
const cutOutcome = (filename: string): readonly [code: string, words: string] => {
  if (filename === 'good.docx') return ['UNREADABLE_DOCUMENT', 'damaged or incomplete'];
  if (filename === 'good.pdf') return ['UNREADABLE_DOCUMENT', 'incomplete'];
  return [formatOf(filename), ''];
};
const formatOf = (filename: string): string =>
  ({ html: 'HTML', md: 'MARKDOWN', txt: 'TEXT', pdf: 'PDF', docx: 'DOCX' })[filename.split('.').at(-1) ?? ''] ?? '';

const outcomes: readonly Outcome[] = [
  ...Object.entries(hostilePdfs).map(([name, make]): Outcome => [
    name,
    'a.pdf',
    ...(pdfOutcomes[name] ?? ['PDF', '']),
    make,
  ]),
  ...Object.entries(hostileTexts).map(([name, make]): Outcome => [
    name,
    name,
    ...(textOutcomes[name] ?? [formatOf(name), '']),
    make,
  ]),
  ...Object.entries(good).flatMap(([filename, bytes]) =>
    [1, 2, 3].map((quarters): Outcome => [
      `${quarters} of 4 quarters of ${filename}`,
      filename,
      ...cutOutcome(filename),
      () => bytes.subarray(0, (bytes.length * quarters) / 4),
    ]),
  ),
  // A supported format is read as what it is, whatever its name says, but for text, which only its name tells apart.
  ...['good.docx', 'good.pdf', 'good.html'].flatMap((filename) =>
    ['a.docx', 'a.pdf', 'a.txt', 'a.exe', 'a'].map((name): Outcome => [
      `${filename} by the name of ${name}`,
      name,
      formatOf(filename),
      '',
      () => good[filename] ?? '',
    ]),
  ),
  ...['a.pdf', 'a.docx', 'a.html', 'a.md', 'a.txt'].flatMap((name): Outcome[] => [
    [`nothing by the name of ${name}`, name, 'UNREADABLE_DOCUMENT', 'is empty', () => ''],
    [
      `noise by the name of ${name}`,
      name,
      'UNSUPPORTED_FORMAT',
      `named ${name.slice(1)} but holds`,
      () => seededBytes(50_000, 9),
    ],
  ]),
  [
    'a PDF that needs a password',
    'a.pdf',
    'UNREADABLE_DOCUMENT',
    'password',
    () => buildPdf(pages, { isLocked: true }),
  ],
  ['a PDF that is encrypted, but needs none', 'a.pdf', 'PDF', '', () => buildPdf(pages, { isEncrypted: true })],
  ['a PDF without pages', 'a.pdf', 'UNREADABLE_DOCUMENT', 'no pages', () => buildPdf([])],
  [
    'a PDF with JavaScript that never ends, at every place',
    'a.pdf',
    'PDF',
    '',
    () =>
      buildPdf(
        pages.map((page) => ({ ...page, entries: `/AA<</O ${script}/C ${script}>>` })),
        {
          catalog: `/OpenAction ${script}/AA<</WC ${script}>>/Names<</JavaScript<</Names[(run) ${script}]>>>>/AcroForm<</Fields[100 0 R]/CO[100 0 R]>>`,
          objects: { 100: `<</T(a)/FT/Tx/V(x)/P ${pageObject(1)} 0 R/AA<</C ${script}/F ${script}>>>>` },
        },
      ),
  ],
];

describe('the jail, with a good document beside', () => {
  let results: ReadonlyMap<string, JailResult>;

  beforeAll(async () => {
    const cases: JailCase[] = [];
    for (const [name, filename, , , make] of outcomes)
      cases.push({ name, filename, path: await folder.save('hostile', make()) });
    const path = await folder.save('good.pdf', good['good.pdf'] ?? '');
    results = await runJail(folder, { path, filename: 'good.pdf' }, cases);
  }, 400_000);

  test.each(outcomes)('survives %s', (name, _filename, code, words) => {
    const result = results.get(name);
    expect(result?.outcome).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(result?.ms).toBeLessThan(10_000);
    expect(result?.grownMb).toBeLessThan(20);
    expect(result?.goodSections).toBe(goodSections);
    expect(result?.goodMs).toBeLessThan(15_000);
  });

  test('says nothing of paths, stacks or libraries', () => {
    for (const { outcome } of results.values())
      expect(outcome.message).not.toMatch(/\/tmp|node_modules|\n|Error|pdf\.js|htmlparser|markdown-it/);
  });
});
