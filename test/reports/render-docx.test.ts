import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { SaxesParser } from 'saxes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDocx } from '../../src/documents/read-docx.ts';
import { renderDocx } from '../../src/reports/render-docx.ts';
import type { ReportContent } from '../../src/reports/report-content.ts';
import { emptyContent, hostileFormula, hostileTitle, longWord, sampleContent } from './support/sample-content.ts';

let folder: string;
let bytes: Uint8Array;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prism-report-'));
  bytes = await renderDocx(sampleContent);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function readBack(docx: Uint8Array) {
  const path = join(folder, 'report.docx');
  await writeFile(path, docx);
  return readDocx({ path, filename: 'report.docx' }, () => {});
}

const partOf = (docx: Uint8Array, name: string): string => strFromU8(unzipSync(docx)[name] ?? new Uint8Array());

test('the report is read back with every word of the review, in the order of its parts', async () => {
  const { text } = await readBack(bytes);
  const findings = sampleContent.sections.flatMap((section) => section.findings);
  for (const { title, recommendation, questions, evidence, checks } of findings) {
    expect(text).toContain(title);
    for (const words of [recommendation?.replace('\t', '    ') ?? '', ...questions]) expect(text).toContain(words);
    for (const { quote } of evidence) expect(text).toContain(quote);
    for (const check of checks) expect(text).toContain(`${check.title} (${check.ref})`);
  }
  for (const words of [
    longWord,
    hostileFormula,
    'Talked to counsel: must be limited.',
    'Also found in',
    'Unverified: these words',
  ])
    expect(text).toContain(words);
  const places = [
    'Models were simulated',
    'Contents',
    'From page 1',
    'Nothing to object to',
    'No model of the chain answered',
    'Cost in USD',
    'Made by AI-Prism 1.2.3',
  ];
  const positions = places.map((words) => text.lastIndexOf(words));
  expect(positions).toEqual([...positions].sort((a, b) => a - b));
  expect(positions).not.toContain(-1);
});

test('its headings are real ones: parts, the sections in them, the findings in those', async () => {
  const { headings } = await readBack(bytes);
  expect(headings.filter(({ level }) => level === 1).map(({ title }) => title)).toEqual([
    // Its title, which the reader takes for a heading, too.
    'Review of Master “Services” Agreement – 合同 <final>.docx',
    'Findings',
    'Sections without findings',
    'What was not analysed',
    'Models and cost',
    'Method',
  ]);
  const findings = headings.filter(({ level }) => level === 3).map(({ title }) => title);
  expect(findings).toHaveLength(20);
  expect(findings[2]).toBe(`3. ${hostileTitle}`);
  expect(headings.filter(({ level }) => level === 2).map(({ title }) => title)).toEqual([
    '1 Liability & indemnities',
    '1.1 Ausschlüsse – “Sonderfälle”',
    '4 付款条件',
    '5 Term and termination',
  ]);
});

test('the table of contents is a field, filled in, and each entry leads to a heading', () => {
  const xml = partOf(bytes, 'word/document.xml');
  expect(xml).toMatch(/<w:instrText[^>]*>TOC [^<]*\\h[^<]*<\/w:instrText>/);
  const targets = Array.from(xml.matchAll(/<w:hyperlink [^>]*w:anchor="(_Toc\d+)"/g), ([, name]) => name);
  const bookmarks = Array.from(xml.matchAll(/<w:bookmarkStart [^>]*w:name="(_Toc\d+)"/g), ([, name]) => name);
  expect(targets).toHaveLength(9);
  expect(bookmarks).toEqual(expect.arrayContaining(targets));
  // Word would greet its reader with a warning.
  expect(xml.includes('w:dirty="true"')).toBe(false);
});

test('words that read from the right are marked so: paragraphs by their first letter, runs by their own', async () => {
  const arabic = 'العقد (باريس) هنا، 5 أيام.';
  const [section] = sampleContent.sections;
  const [finding] = section?.findings ?? [];
  if (!section || !finding) throw new Error('The fixture has no finding.');
  const detail = `${arabic}\nParis & $& Lyon.\n\nThe contract (العقد) stands.`;
  const docx = await renderDocx({
    ...sampleContent,
    sessionTitle: arabic,
    sections: [
      { ...section, title: 'נספח & $& Annex', findings: [{ ...finding, title: arabic, detail, questions: [arabic] }] },
      { ...section, title: arabic, summary: 'Quiet.', findings: [] },
    ],
  });
  const paragraphs = partOf(docx, 'word/document.xml').match(/<w:p>.*?<\/w:p>/gs) ?? [];
  /** Of the paragraphs with the words: their direction, then the runs, those that read from the right in square brackets. */
  const shown = (words: string) =>
    paragraphs
      .filter((each) => each.includes(words))
      .map((each) => {
        const runs = Array.from(each.matchAll(/<w:r>(.*?)<\/w:r>/gs), ([, content = '']) => {
          const text = /<w:t [^>]*>([^<]*)/.exec(content)?.[1] ?? '';
          return `${content.includes('<w:br/>') ? '|' : ''}${content.includes('<w:rtl/>') ? `[${text}]` : text}`;
        });
        return `${each.includes('<w:bidi/>') ? 'right' : 'left'}: ${runs.join('')}`;
      });
  expect(shown(arabic)).toEqual([
    `right: [${arabic}]`,
    `right: [1. ${arabic}]`,
    `right: [${arabic}]|Paris &amp; $&amp; Lyon[.]`,
    `right: [${arabic}]`,
    `right: [${arabic}][: ]Quiet[.]`,
  ]);
  expect(shown('The contract')).toEqual(['left: The contract ([العقد]) stands.']);
  // In the table of contents, and where it leads to.
  expect(shown('נספח')).toEqual(['right: [נספח &amp; $&amp; ]Annex', 'right: [נספח &amp; $&amp; ]Annex']);
});

test('nothing is fetched from elsewhere, and nothing runs', () => {
  const parts = unzipSync(bytes);
  expect(Object.keys(parts).filter((name) => /vba|embeddings|activeX|media/i.test(name))).toEqual([]);
  for (const data of Object.values(parts)) {
    const xml = strFromU8(data);
    expect(() => new SaxesParser({ xmlns: true }).write(xml).close()).not.toThrow();
    expect(xml).not.toContain('TargetMode="External"');
    expect(xml).not.toMatch(/<w:instrText[^>]*>\s*(INCLUDE|DDE|LINK|HYPERLINK)/i);
  }
});

test('control characters and halves of characters do not break the file', async () => {
  const title = 'a\0b\u001bc\ud800d\uffffe\u0085f';
  const [section] = sampleContent.sections;
  const [finding] = section?.findings ?? [];
  if (!section || !finding) throw new Error('The fixture has no finding.');
  const hostile: ReportContent = {
    ...sampleContent,
    document: { ...sampleContent.document, filename: title },
    sections: [
      { ...section, title, findings: [{ ...finding, title, detail: title, category: title, questions: [title] }] },
    ],
  };
  const docx = await renderDocx(hostile);
  for (const data of Object.values(unzipSync(docx))) {
    expect(() => new SaxesParser({ xmlns: true }).write(strFromU8(data)).close()).not.toThrow();
  }
  expect((await readBack(docx)).text).toContain('1. a\ufffdb\ufffdc\ufffdd\ufffde f');
});

test('text that looks like a bookmark of the library stays as it is', async () => {
  const docx = await renderDocx({ ...sampleContent, sessionTitle: 'PAGEREF _Toc99 w:id="7"' });
  expect((await readBack(docx)).text).toContain('PAGEREF _Toc99 w:id="7"');
});

test('a review without findings, models and analysed sections says so', async () => {
  const { text } = await readBack(await renderDocx(emptyContent));
  for (const words of [
    'There are no findings to report.',
    'No model was called.',
    'Not assessed',
    'It was never sent to analysis.',
  ])
    expect(text).toContain(words);
  expect(text).not.toContain('simulated');
});

test('the same content gives the same bytes, whatever was rendered before', async () => {
  await renderDocx(emptyContent);
  expect(Buffer.compare(await renderDocx(sampleContent), bytes)).toBe(0);
  expect(partOf(bytes, 'docProps/core.xml').match(/2026-11-26T12:30:15/g)).toHaveLength(2);
});
