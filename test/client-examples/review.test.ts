import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { contractDocx, contractMarkdown, contractSections } from '../support/documents.ts';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { proxyFor } from './followers.ts';
import { runReview } from './run-review.ts';

const readReview = `query($id: ID!) {
  document(id: $id) {
    risk
    sections { title latestAnalysis { summary usage { costUsd } } feedback { risk title confidence evidence { quote } } }
  }
}`;

const titles = contractSections.map(({ title }) => title);

async function fileWith(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(await createTempFolder(), name);
  await writeFile(path, content);
  return path;
}

/** One pixel, as PNG. */
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const documentIn = (lines: readonly string[]): string => /\bdoc_\w+/.exec(lines[0] ?? '')?.[0] ?? '';
const squeeze = (words: string): string => words.replaceAll(/\s+/g, ' ').trim();

describe('the review script', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ tokensPerSecond: 800, settings: { MAX_UPLOAD_BYTES: '500000' } });
  });
  afterAll(() => prism.close());
  afterEach(() => prism.simulator.faults.clear());

  it.each([
    ['contract.docx', contractDocx],
    ['contract.md', () => contractMarkdown],
  ])('takes %s from the upload to its findings, by section, and the totals', async (name, make) => {
    const { code, lines, error } = await runReview([await fileWith(name, await make()), '--url', prism.server.url]);
    expect({ code, error }).toEqual({ code: 0, error: '' });
    const { document } = await prism.ask(readReview, { id: documentIn(lines) });

    expect(lines[0]).toMatch(new RegExp(`^${name} is doc_\\w+, in ses_\\w+$`));
    expect(lines[1]).toMatch(/^Read: 3 sections, \d+ words/);
    for (const title of titles) expect(lines.filter((line) => line.includes(`/3] ${title}: `))).toHaveLength(1);

    let at = lines.findIndex((line) => line.startsWith('[3/3]'));
    for (const { title, latestAnalysis, feedback } of document.sections) {
      at = lines.findIndex((line, index) => index > at && line.startsWith(title));
      expect(at).toBeGreaterThan(0);
      expect(lines[at + 1]).toBe(`  ${squeeze(latestAnalysis.summary)}`);
      for (const { risk, title: finding, confidence, evidence } of feedback) {
        at = lines.findIndex((line, index) => index > at && line.startsWith(`  ${risk}`) && line.includes(finding));
        expect(lines[at]).toContain(`confidence ${confidence.toFixed(2)}`);
        const below = lines.slice(at + 1, at + 1 + evidence.length);
        expect(below.map(squeeze)).toEqual(evidence.map(({ quote }: { quote: string }) => `"${squeeze(quote)}"`));
      }
    }

    const findings = document.sections.flatMap((section: StreamedEvent) => section.feedback);
    const cost = document.sections.reduce(
      (sum: number, section: StreamedEvent) => sum + section.latestAnalysis.usage.costUsd,
      0,
    );
    expect(lines.at(-3)).toContain(`3 of 3 sections reviewed in `);
    expect(lines.at(-3)).toContain(`risk of the document: ${document.risk}`);
    expect(lines.at(-2)).toContain(`${findings.length} findings: `);
    expect(lines.at(-1)).toContain(`by Claude Sonnet 4.5: ${cost.toFixed(4)} USD`);
  });

  it('writes plain lines where its output is no terminal', async () => {
    const { lines } = await runReview([
      await fileWith('contract.docx', await contractDocx()),
      '--url',
      prism.server.url,
    ]);
    // oxlint-disable-next-line no-control-regex -- they are what must not be there
    expect(lines.filter((line) => /[\x00-\x1f\x7f-\x9f]/.test(line))).toEqual([]);
  });

  it('says that its line dropped, and shows the review to its end', async () => {
    const proxy = await proxyFor(prism.server.url);
    const path = await fileWith('contract.docx', await contractDocx());
    const { code, lines } = await runReview([path, '--url', proxy.via(prism.server.url)], (line) => {
      if (line.startsWith('Read: ')) void proxy.cutAfterBytes(4_000);
    });
    expect(code).toBe(0);
    expect(lines.filter((line) => /^-- The connection was lost.*\. Resuming in \d+\.\d s$/.test(line))).toHaveLength(1);
    expect(lines.filter((line) => /^\[\d\/3\] /.test(line))).toHaveLength(3);
    expect(lines.at(-3)).toContain('3 of 3 sections reviewed');
  });

  it('reads the present state and goes on when the events are gone', async () => {
    const path = await fileWith('contract.docx', await contractDocx());
    const { redis } = prism.server.runtime;
    let documentId = '';
    let lost = Promise.resolve();
    const loseLog = async (key: string): Promise<void> => {
      await expect.poll(() => redis.xlen(key), { interval: 5 }).toBeGreaterThan(20);
      await redis.del(key);
    };
    const { code, lines } = await runReview([path, '--url', prism.server.url], (line) => {
      documentId ||= documentIn([line]);
      if (!line.startsWith('Read: ')) return;
      lost = loseLog(`${prism.config.redisPrefix}:{${documentId}}:log:all`);
      // Reported where it is awaited.
      lost.catch(() => undefined);
    });
    await lost;
    expect(lines).toContain('-- The events in between are no longer kept: going on from the present state');
    expect(code).toBe(0);
    expect(lines.at(-3)).toContain('3 of 3 sections reviewed');
  });

  it('says that a section starts over, and counts nothing of the void attempt', async () => {
    prism.simulator.faults.add({
      match: { nth: 1 },
      fault: { kind: 'mid-stream-exception', afterTokens: 200 },
      times: 1,
    });
    const { code, lines } = await runReview([
      await fileWith('contract.docx', await contractDocx()),
      '--url',
      prism.server.url,
    ]);
    expect(code).toBe(0);
    const restarts = lines.filter((line) => line.includes(': starts over, what was streamed of it is void ('));
    expect(restarts).toHaveLength(1);
    const { document } = await prism.ask(readReview, { id: documentIn(lines) });
    for (const { title, feedback } of document.sections) {
      const line = lines.find((candidate) => candidate.includes(`/3] ${title}: `));
      expect(line).toContain(`: ${feedback.length} finding`);
    }
  });

  it('shows why a section failed, and ends with 1', async () => {
    prism.simulator.faults.add({ match: { nth: 1 }, fault: { kind: 'malformed-request' } });
    const { code, lines, error } = await runReview([
      await fileWith('contract.docx', await contractDocx()),
      '--url',
      prism.server.url,
    ]);
    expect({ code, error }).toEqual({ code: 1, error: '' });
    expect(lines.filter((line) => /^\[\d\/3\] .*: failed: ./.test(line)).length).toBeGreaterThan(0);
    expect(lines.filter((line) => line.startsWith('  Not reviewed: ')).length).toBeGreaterThan(0);
    expect(lines.at(-3)).toMatch(/^[012] of 3 sections reviewed/);
  });

  it.each([
    ['a file of another kind', 'picture.png', picture, /^Error: .{20,}$/],
    ['an empty file', 'empty.txt', '', /^Error: .* empty/],
    ['a file that is too large', 'large.txt', 'word '.repeat(120_000), /^Error: .* larger than /],
    ['a file that is not what its name says', 'picture.docx', picture, /^Error: .{20,}$/],
  ])('shows why %s is refused in one line, and ends with 1', async (_what, name, content, message) => {
    const { code, error } = await runReview([await fileWith(name, content), '--url', prism.server.url]);
    expect(code).toBe(1);
    expect(error).toMatch(/^[^\n]+\n$/);
    expect(error.trimEnd()).toMatch(message);
  });

  it('says in one line that there is no file, no server, no GraphQL or no such option', async () => {
    const path = await fileWith('contract.md', contractMarkdown);
    const url = prism.server.url;
    const proxy = await proxyFor(url);
    const nowhere = proxy.via(url);
    await proxy.close();
    const runs = await Promise.all(
      [
        ['missing.docx'],
        [path, '--url', nowhere],
        [path, '--url', url.replace('graphql', 'other')],
        [path, '--other'],
        [],
      ].map((args) => runReview(args)),
    );
    expect(runs.map(({ code, lines }) => ({ code, lines }))).toEqual(runs.map(() => ({ code: 1, lines: [] })));
    expect(runs.map(({ error }) => error)).toEqual([
      'Error: There is no file missing.docx.\n',
      `Error: No answer from ${nowhere} (connect ECONNREFUSED ${new URL(nowhere).host}). Is the server running?\n`,
      'Error: There is nothing here. GraphQL is at /graphql, health at /health.\n',
      'Error: Usage: npm run example -- path/to/file [--url http://localhost:5000/graphql]\n',
      'Error: Usage: npm run example -- path/to/file [--url http://localhost:5000/graphql]\n',
    ]);
  });
});
