import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { contractSample } from '../documents/support/contract-sample.ts';
import { annotateBytes } from './support/annotate-built.ts';
import { partText } from './support/read-comments.ts';

const samples = fileURLToPath(new URL('../../../shared/samples/', import.meta.url));
const isMissing = !existsSync(samples);
if (isMissing)
  // oxlint-disable-next-line no-console
  console.warn(`SKIPPED: the real documents are not in ${samples}; tests of generated ones run all the same.`);

const soffice = ['/usr/bin/soffice', '/usr/bin/libreoffice'].find((path) => existsSync(path));
if (soffice === undefined)
  // oxlint-disable-next-line no-console
  console.warn('SKIPPED: LibreOffice is not installed, so that no word processor has opened an annotated document.');

const rejected = {
  at: new Date('2026-05-01T10:00:00Z'),
  actor: 'Jane Doe',
  status: 'REJECTED',
  note: 'Agreed so.',
  carriedOver: null,
} as const;

describe('a contract as a library of a word processor writes it', () => {
  const findings = [
    { quotes: ['The fee is EUR 7,500 per month'], status: 'REJECTED', history: [rejected] },
    { quotes: ['EUR 1,000\ton signing'] },
    { quotes: ['example.com/terms'] },
    { quotes: ['Net of value added tax'] },
    { quotes: ['never said'] },
  ] as const;

  it('has its own comment and ours, each on its words', async () => {
    const { comments } = await annotateBytes(await contractSample(), findings);
    expect(comments.map(({ author, marked }) => [author, marked])).toEqual([
      ['Reviewer', 'The fee is EUR '],
      ['AI-Prism', 'Services Agreement'],
      ['AI-Prism', 'Services Agreement'],
      ['AI-Prism', 'The fee is EUR 7,500 per month'],
      ['Jane Doe', 'The fee is EUR 7,500 per month'],
      ['AI-Prism', 'EUR 1,000\non signing'],
      ['AI-Prism', ''],
      ['AI-Prism', 'example.com/terms'],
    ]);
  });

  it.skipIf(soffice === undefined)(
    'opens in LibreOffice with all comments, their authors and what is resolved',
    async () => {
      const { annotatedPath } = await annotateBytes(await contractSample(), findings);
      const folder = dirname(annotatedPath);
      const profile = `-env:UserInstallation=${pathToFileURL(join(folder, 'profile')).href}`;
      execFileSync(soffice ?? '', ['--headless', profile, '--convert-to', 'fodt', '--outdir', folder, annotatedPath]);
      const opened = await readFile(join(folder, 'annotated.fodt'), 'utf8');
      const annotations = opened.match(/<office:annotation .*?<\/office:annotation>/gs) ?? [];
      expect(annotations).toHaveLength(8);
      const ours = annotations.filter((annotation) => annotation.includes('<dc:creator>AI-Prism</dc:creator>'));
      expect(ours).toHaveLength(6);
      const resolved = annotations.filter((annotation) => annotation.includes('loext:resolved="true"'));
      const resolvers = new Set(resolved.map((annotation) => /<dc:creator>([^<]*)/.exec(annotation)?.[1]));
      expect(resolvers).toEqual(new Set(['AI-Prism', 'Jane Doe']));
      expect(resolved).toHaveLength(2);
      expect(opened).toContain('Recommendation: Agree on a cap.');
    },
    120_000,
  );
});

describe.skipIf(isMissing)('real documents', () => {
  it('with comments keep them, beside ours', async () => {
    const bytes = await readFile(join(samples, 'with-comments.docx'));
    const { original, parts, comments } = await annotateBytes(bytes, [
      { quotes: ['paragraph that has a comment'] },
      { quotes: ['annotation.\nThis third'] },
    ]);
    expect(comments.map(({ id, author, marked }) => [id, author, marked])).toEqual([
      ['0', 'John Reviewer', 'This is the first paragraph that has a comment attached to it.'],
      ['1', 'Jane Editor', 'This second paragraph also has a reviewer annotation.'],
      ['2', '', 'This paragraph has an anonymous comment.'],
      ['3', 'AI-Prism', 'Document with Comments'],
      ['4', 'AI-Prism', 'paragraph that has a comment'],
      ['5', 'AI-Prism', 'annotation.\nThis third'],
    ]);
    // Nothing was taken out of the existing comments.
    const existing = partText(original, 'word/comments.xml').replace('</w:comments>', '');
    expect(partText(parts, 'word/comments.xml').startsWith(existing)).toBe(true);
  });

  it('of 430 pages take 200 comments, each on its words', async () => {
    const bytes = await readFile(join(samples, 'handbook-430-pages.docx'));
    const { document } = await annotateBytes(bytes, []);
    const quotes = Array.from({ length: 200 }, (_, index) => {
      const start = document.text.indexOf(' ', Math.floor((document.text.length * index) / 200)) + 1;
      return { start, end: document.text.indexOf(' ', start + 40 + index) };
    });
    const { comments, original, parts } = await annotateBytes(
      bytes,
      quotes.map((quote) => ({ quotes: [quote], section: 0 })),
    );
    // Numbers of lists are generated, wherever in a quotation they are.
    const plain = (text: string) => text.replaceAll(/\d+\.|\s/g, '');
    const wrong = comments.slice(1).flatMap(({ marked }, index) => {
      const quoted = plain(document.text.slice(quotes[index]?.start, quotes[index]?.end));
      return quoted === plain(marked) ? [] : [[quoted, plain(marked)]];
    });
    expect(wrong).toEqual([]);
    const added = ['word/comments.xml', 'word/commentsExtended.xml', 'word/people.xml'];
    const edited = ['[Content_Types].xml', 'word/_rels/document.xml.rels', 'word/document.xml'];
    const same = Object.keys(original).filter(
      (name) => Buffer.compare(original[name] ?? Buffer.of(), parts[name] ?? Buffer.of()) === 0,
    );
    expect(
      Object.keys(parts)
        .filter((name) => !same.includes(name))
        .sort(),
    ).toEqual([...edited, ...added].sort());
  });
});
