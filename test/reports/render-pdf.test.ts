import { spawnSync } from 'node:child_process';
import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { ReportContent } from '../../src/reports/report-content.ts';
import { renderPdf } from '../../src/reports/render-pdf.ts';
import { readPdfBytes } from '../documents/pdf-reader.ts';
import { flatten, readPdfBack } from './support/read-pdf-back.ts';
import { emptyContent, hostileTitle, longWord, sampleContent } from './support/sample-content.ts';

const sampleBytes = await renderPdf(sampleContent);
const sample = await readPdfBack(sampleBytes);
const wholeText = sample.texts.join('\n');

/** Without the white space that line breaks and columns bring. */
const tight = (text: string): string => text.replaceAll(/\s+/g, '');
const expectText = (words: string): void => expect(tight(wholeText)).toContain(tight(words));

/** All streams that unpack, one after the other. */
function streamsOf(bytes: Uint8Array): Buffer {
  const file = Buffer.from(bytes);
  const streams: Buffer[] = [];
  for (let at = file.indexOf('stream\n'); at >= 0; at = file.indexOf('stream\n', at + 7)) {
    try {
      streams.push(inflateSync(file.subarray(at + 7)));
    } catch {
      // The end of one, or not packed.
    }
  }
  return Buffer.concat(streams);
}

const withFirstFinding = (change: Partial<ReportContent['sections'][number]['findings'][number]>): ReportContent => ({
  ...sampleContent,
  sections: sampleContent.sections.slice(0, 1).map((section) => ({
    ...section,
    findings: section.findings.slice(0, 1).map((finding) => ({ ...finding, ...change })),
  })),
});

test('a PDF says all that the review found, in the order of its parts', () => {
  for (const section of sampleContent.sections) expectText(section.reason ?? section.modelName ?? '');
  for (const { recommendation, checks, history } of sampleContent.sections.flatMap((each) => each.findings)) {
    // The words of what is written from right to left are read back in an order of the reader's own.
    if (!/[\u0590-\u06ff]/.test(recommendation ?? '')) expectText(recommendation ?? '');
    for (const { title } of checks) expectText(title);
    for (const { actor } of history) expectText(actor);
  }
  const places = [
    'Overall:',
    'Contents',
    'From page 1',
    'Nothing to object to',
    'No model of the chain answered',
    'Cost in USD',
    'Made by AI-Prism 1.2.3',
  ];
  const positions = places.map((words) => tight(wholeText).lastIndexOf(tight(words)));
  expect(positions).toEqual([...positions].sort((a, b) => a - b));
  expect(positions).not.toContain(-1);
  expectText('Models were simulated');
  expectText('3 findings with less confidence than 0.80 were left out');
  expectText('Unverified: these words were not found in the section.');
});

test('it is tagged from the title to the last paragraph, and no words stand outside', () => {
  const tags = sample.tags.flatMap(flatten);
  const roles = new Set(tags.map(({ role }) => role));
  expect([...roles]).toEqual(
    expect.arrayContaining([
      'Document',
      'H1',
      'H2',
      'H3',
      'P',
      'L',
      'LI',
      'Lbl',
      'LBody',
      'BlockQuote',
      'Table',
      'TR',
      'TH',
      'TD',
      'TOC',
      'TOCI',
      'Link',
    ]),
  );
  expect(sample.isMarked).toBe(true);
  sample.marked.forEach((texts, index) => {
    const tagged = new Set(flatten(sample.tags[index] ?? null).flatMap(({ contentIds }) => contentIds));
    const untagged = [...texts].filter(([id]) => !tagged.has(id)).map(([, text]) => text.trim());
    // Only the page's name and number, which are no part of what is read aloud.
    expect(untagged.join(' ')).toMatch(
      index === 0 ? /^$/ : new RegExp(`^Review of .*${index + 1} / ${sample.texts.length}$`),
    );
  });
  const headings = sample.tags.flatMap((tree, index) =>
    flatten(tree)
      .filter(({ role }) => role === 'H1')
      .map(({ contentIds }) => contentIds.map((id) => sample.marked[index]?.get(id)).join('')),
  );
  expect(headings).toEqual([
    'Findings',
    'Sections without findings',
    'What was not analysed',
    'Models and cost',
    'Method',
  ]);
});

test('bookmarks and the contents lead to the pages where parts, sections and findings begin', () => {
  expect(sample.outline.map(({ title }) => title)).toEqual([
    'Findings',
    'Sections without findings',
    'What was not analysed',
    'Models and cost',
    'Method',
  ]);
  const sections = sample.outline[0]?.items ?? [];
  expect(sections.map(({ title }) => title)).toEqual([
    '1 Liability & indemnities',
    '1.1 Ausschlüsse – “Sonderfälle”',
    '4 付款条件',
    '5 Term and termination',
  ]);
  expect(sections.flatMap(({ items }) => items)).toHaveLength(20);
  for (const { title, pageNumber, items } of sections) {
    expect(tight(sample.texts[pageNumber - 1] ?? '')).toContain(tight(title));
    for (const finding of items) {
      const number = Number.parseInt(finding.title, 10);
      // Behind the number there is a dot, or before it where the title reads from the right.
      expect(sample.texts[finding.pageNumber - 1]).toMatch(new RegExp(`^(${number}[.] .*|.* [.]${number})$`, 'm'));
    }
  }
  expect(sample.linkCount).toBe(9);
  for (const { title, pageNumber } of sections)
    expect(tight(sample.texts[1] ?? '')).toContain(tight(title) + pageNumber);
});

test('title and language are set, and every font is inside', () => {
  expect(sample.info).toMatchObject({
    Title: 'Review of Master “Services” Agreement – 合同 <final>.docx',
    Language: 'en',
  });
  const raw = Buffer.from(sampleBytes).toString('latin1');
  const fonts = raw.match(/\/Type \/FontDescriptor/g) ?? [];
  expect(fonts.length).toBeGreaterThan(5);
  expect(raw.match(/\/FontFile2 /g)).toHaveLength(fonts.length);
  expect(raw).not.toMatch(/Helvetica|\/JavaScript|\/URI|\/Launch|\/EmbeddedFile/);
});

test('Chinese, Japanese, Korean, Cyrillic, Greek and letters with several marks are shown', async () => {
  const words = '付款期限 支払期限 지급기한 Срок платежа Ἡ προθεσμία a\u0308\u0304 ộ नमस्ते';
  const { texts } = await readPdfBack(await renderPdf(withFirstFinding({ detail: words })));
  // Indian letters are joined in shapes that are read back one by one.
  expect(tight(texts.join('').normalize('NFC'))).toContain(tight(words.normalize('NFC')).replace('नमस्ते', ''));
  expect(texts.join('')).not.toContain('[U+');
});

test('Arabic and Hebrew are shown from right to left, and read back letter by letter', () => {
  // Letters that are drawn alike but for their dots are told apart; readers put the words of a line in either order.
  for (const word of ['شرط', 'التحكيم', 'غير', 'واضح', 'يجري', 'النزاع', 'הבוררות', 'ההסכם', 'Paris', 'Genève'])
    expectText(word);
  // Leftmost is what is read last.
  expect(wholeText).toContain('ברור אינו הבוררות סעיף – ');
});

const rightToLeftLines = ['مثال في (باريس) غير واضح', 'הסכום ≤ 5 ולא (יותר)', 'الحد ≥ ٥'];
const rightToLeftBytes = await renderPdf(withFirstFinding({ detail: rightToLeftLines.join('\n\n') }));

test('what is written from right to left is read back without other characters, its signs as they were written', async () => {
  const { texts } = await readPdfBack(rightToLeftBytes);
  // oxlint-disable-next-line no-control-regex
  expect(texts.join('')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u200b-\u200f]/);
  const { text } = await readPdfBytes(rightToLeftBytes);
  for (const line of rightToLeftLines) expect(tight(text)).toContain(tight(line));
});

const hasPoppler = spawnSync('pdftotext', ['-v']).error === undefined;
// oxlint-disable-next-line no-console
if (!hasPoppler) console.warn('SKIPPED: pdftotext, which reads a PDF as pdf.js does not, is not installed.');

test.skipIf(!hasPoppler)('so does another reader read it back', () => {
  const { stdout } = spawnSync('pdftotext', ['-enc', 'UTF-8', '-', '-'], { input: rightToLeftBytes });
  const [arabic = ''] = rightToLeftLines;
  expect(stdout.toString()).toContain(arabic);
  expect(stdout.toString()).toMatch(/≤[^]*≥/);
  expect(stdout.toString()).not.toContain('\u200c');
});

test('what is written in scripts of India and South-East Asia stands beside its glyphs', () => {
  expect(streamsOf(sampleBytes).includes(Buffer.from('ไทย', 'utf16le').swap16())).toBe(true);
});

test('a line may begin with a mark that stands on no letter', async () => {
  const { texts } = await readPdfBack(await renderPdf(withFirstFinding({ detail: 'first\n\u0303second' })));
  expect(texts.join('')).toContain('second');
  expect(texts.join('')).not.toContain('[U+');
});

test.each([
  ['spaces', ' ', 190],
  ['tabs', '\t', 48],
  ['no-break spaces', '\u00a0', 250],
])('a line may begin with more %s than fit on it', async (_, blank, count) => {
  const indented = `${blank.repeat(count)}Hereafter`;
  const [decision] = sampleContent.sections.flatMap(({ findings }) => findings.flatMap(({ history }) => history));
  const [evidence] = sampleContent.sections.flatMap(({ findings }) => findings.flatMap((each) => each.evidence));
  if (!decision || !evidence) throw new Error('The fixture has no decision or no evidence.');
  const content = withFirstFinding({
    detail: `first\n${indented}`,
    history: [{ ...decision, note: indented }],
    evidence: [{ ...evidence, quote: indented }],
  });
  const { texts } = await readPdfBack(await renderPdf(content));
  expect(texts.join('').match(/Hereafter/g)).toHaveLength(3);
});

test('a character that no font has is shown as its number', () => {
  expectText('[U+1D518][U+1D52B]');
});

test('marks that turn the direction of text are left out', async () => {
  const { texts } = await readPdfBack(await renderPdf(withFirstFinding({ detail: 'pay \u202e001\u202c euros' })));
  expect(texts.join('')).toContain('pay 001 euros');
});

test('a word that is wider than the page is broken, and no letter is lost', () => {
  expectText(longWord);
  expect(
    sample.texts
      .join('')
      .split('\n')
      .every((line) => line.length < 150),
  ).toBe(true);
});

test('words that mean harm elsewhere are words', () => {
  expectText(hostileTitle);
});

test('control characters and halves of characters are shown as replaced', async () => {
  const { texts } = await readPdfBack(await renderPdf(withFirstFinding({ title: 'a\0b\u001bc\ud800d\uffffe' })));
  expect(texts.join('')).toContain('a\ufffdb\ufffdc\ufffdd\ufffde');
});

test('a review without findings, models and analysed sections says so', async () => {
  const { texts } = await readPdfBack(await renderPdf(emptyContent));
  const text = texts.join('\n');
  for (const words of [
    'There are no findings to report.',
    'No model was called.',
    'Not assessed',
    'It was never sent to analysis.',
  ])
    expect(text).toContain(words);
  expect(text).not.toContain('simulated');
});

test('hundreds of sections go on over several pages of contents', async () => {
  const [first] = sampleContent.sections;
  if (!first) throw new Error('The fixture has no section.');
  const sections = Array.from({ length: 120 }, (_, index) => ({
    ...first,
    title: `Part ${index} ${'of a long title '.repeat(10)}`,
    findings: first.findings.slice(1, 2),
  }));
  const { texts, outline, linkCount } = await readPdfBack(await renderPdf({ ...sampleContent, sections }));
  expect(linkCount).toBe(125);
  expect(texts[4]).toContain('Part 119');
  expect(texts[5]).toContain('Findings');
  const last = outline[0]?.items.at(-1);
  expect(tight(texts[(last?.pageNumber ?? 0) - 1] ?? '')).toContain('Part119');
  expect(texts.join('').match(/The Supplier accepts no liability/g)).toHaveLength(120);
});

test('the same content gives the same bytes', async () => {
  expect(Buffer.compare(await renderPdf(sampleContent), sampleBytes)).toBe(0);
});
