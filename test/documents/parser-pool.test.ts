import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createDocumentParser, type DocumentParserOptions } from '../../src/documents/parser-pool.ts';
import type { DocumentParser, ParseOutcome } from '../../src/documents/parser-port.ts';
import { buildDocx, createFolder, paragraph, styled } from './support/build-docx.ts';
import { seededRandom } from './support/seeded.ts';
import { parserUrl } from './support/run-jail.ts';

const limits = { size: 1, heapMb: 64, rssLimitMb: 160, timeoutMs: 10_000 };
const childEntry = new URL('support/behaving-child.mjs', import.meta.url);

const parsers: DocumentParser[] = [];
const create = (options: Partial<DocumentParserOptions> = {}) => {
  const parser = createDocumentParser({ ...limits, childEntry, ...options });
  parsers.push(parser);
  return parser;
};
const folder = await createFolder();

afterEach(async () => {
  for (const parser of parsers.splice(0)) await parser.close();
});
afterAll(folder.remove);

const behave = (parser: DocumentParser, filename: string, signal?: AbortSignal) =>
  parser.parse({ path: '/none', filename, ...(signal ? { signal } : {}) });

type Report = { pid: number; env: string[]; execArgv: string[] };
const reportOf = (outcome: ParseOutcome): Report => {
  if (outcome.outcome !== 'parsed') throw new Error(outcome.failure.message);
  return outcome.document as unknown as Report;
};
const pidOf = async (parser: DocumentParser) => reportOf(await behave(parser, 'report')).pid;

/** An orphan that has ended stays in the list of processes, as a zombie, for as long as process 1 takes no note of it. */
const isRunning = (pid: number) => {
  try {
    const isZombie = process.platform === 'linux' && /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    return process.kill(pid, 0) && !isZombie;
  } catch {
    return false;
  }
};

const isGone = (pid: number) => vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 10_000 });

/** A request that never gets an answer, as soon as a child works on it. */
async function occupy(
  parser: DocumentParser,
  signal?: AbortSignal,
): Promise<{ pid: number; answer: Promise<ParseOutcome> }> {
  return new Promise((resolve) => {
    const answer = parser.parse({
      path: '/none',
      filename: 'silent',
      onProgress: ({ sectionsFound }) => resolve({ pid: sectionsFound, answer }),
      ...(signal ? { signal } : {}),
    });
    answer.catch(() => {});
  });
}

describe('a document parser', () => {
  test('gives its children nothing of its environment and its options', async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    const { env, execArgv } = reportOf(await behave(create(), 'report'));
    vi.unstubAllEnvs();
    expect(env.filter((name) => !name.startsWith('NODE_CHANNEL_'))).toEqual([]);
    expect(execArgv).toContain('--max-old-space-size=64');
  });

  test('reads one document after the other in the same child', async () => {
    const parser = create();
    expect(await pidOf(parser)).toBe(await pidOf(parser));
  });

  test('reads as many documents at once as it has children, and the others in order', async () => {
    const parser = create({ size: 2 });
    const first = new AbortController();
    const [one, two] = [await occupy(parser, first.signal), await occupy(parser)];
    expect(one.pid).not.toBe(two.pid);
    const done: string[] = [];
    const waiting = ['a', 'b', 'c'].map(async (name) => {
      await behave(parser, 'report');
      done.push(name);
    });
    first.abort();
    await Promise.all(waiting);
    expect(done).toEqual(['a', 'b', 'c']);
  });

  test.each([
    ['takes too long', 'hang', { timeoutMs: 1_500 }, 'TIMED_OUT', 'longer to read than the 1.5 s'],
    ['fills the heap', 'heap', {}, 'UNREADABLE_DOCUMENT', 'more memory to be read than the 64 MB'],
    ['crashes its reader', 'crash', {}, 'UNREADABLE_DOCUMENT', 'made its reader crash'],
  ])('survives a document that %s, and goes on with another child', async (_, filename, options, code, words) => {
    const parser = create(options);
    const before = await pidOf(parser);
    expect(await behave(parser, filename)).toMatchObject({
      outcome: 'failed',
      failure: { code, message: expect.stringContaining(words) },
    });
    expect(isRunning(before)).toBe(false);
    expect(await pidOf(parser)).not.toBe(before);
  });

  test.runIf(process.platform === 'linux')('stops a document that takes memory outside of the heap', async () => {
    const parser = create();
    expect(await behave(parser, 'buffers')).toMatchObject({
      failure: { code: 'UNREADABLE_DOCUMENT', message: expect.stringContaining('than the 160 MB') },
    });
  });

  test('replaces a child that an answer may have harmed, and one that has read its share', async () => {
    const parser = create({ documentsPerChild: 2 });
    const harmed = await behave(parser, 'harmed');
    const first = harmed.outcome === 'failed' && Number(harmed.failure.message);
    const second = await pidOf(parser);
    expect(second).not.toBe(first);
    expect(await pidOf(parser)).toBe(second);
    expect(await pidOf(parser)).not.toBe(second);
  });

  test('kills the child of a request that is aborted, and rejects with the reason', async () => {
    const parser = create();
    const controller = new AbortController();
    const { pid, answer } = await occupy(parser, controller.signal);
    const reason = new Error('cancelled by the user');
    controller.abort(reason);
    await expect(answer).rejects.toBe(reason);
    expect(isRunning(pid)).toBe(false);
    expect(await pidOf(parser)).not.toBe(pid);
  });

  test('takes an aborted request out of the queue, and does not begin one', async () => {
    const parser = create();
    const { answer } = await occupy(parser);
    const controller = new AbortController();
    const queued = behave(parser, 'report', controller.signal);
    const reason = new Error('gone');
    controller.abort(reason);
    await expect(queued).rejects.toBe(reason);
    await expect(behave(parser, 'report', AbortSignal.abort(reason))).rejects.toBe(reason);
    await parser.close();
    await expect(answer).rejects.toThrow('closed');
  });

  test('rejects, and blames no document, when the file cannot be read or the child cannot start', async () => {
    await expect(behave(create(), 'broken')).rejects.toThrow('ENOENT');
    const parser = create({ childEntry: new URL('support/no-such-child.mjs', import.meta.url) });
    await expect(behave(parser, 'report')).rejects.toThrow('did not start');
  });

  test('rejects what it reads and what waits when it is closed, and leaves no child', async () => {
    const parser = create();
    const { pid, answer } = await occupy(parser);
    const ends = Promise.allSettled([answer, behave(parser, 'report')]);
    await parser.close();
    const reasons = (await ends).map((end) => (end.status === 'rejected' ? String(end.reason) : 'an answer'));
    expect(reasons).toEqual(Array.from({ length: 2 }, () => expect.stringContaining('parser was closed')));
    expect(isRunning(pid)).toBe(false);
    await expect(behave(parser, 'report')).rejects.toThrow('closed');
  });

  test('keeps one idle child and ends the others', async () => {
    const parser = create({ size: 3, idleMs: 50 });
    const pids = new Set(await Promise.all([pidOf(parser), pidOf(parser), pidOf(parser)]));
    await vi.waitFor(() => expect([...pids].filter(isRunning)).toHaveLength(1), 10_000);
    expect(pids).toContain(await pidOf(parser));
  });

  test('takes another child when the idle one was killed from outside, and blames no document', async () => {
    const parser = create();
    const pid = await pidOf(parser);
    process.kill(pid, 'SIGKILL');
    expect(await pidOf(parser)).not.toBe(pid);
  });
});

describe('the built reader in a child', () => {
  const headings = 300;
  const paragraphs = 30_000;
  let longDocument = '';

  beforeAll(async () => {
    const random = seededRandom(1);
    const text = Array.from(
      { length: paragraphs },
      (_, index) => (index % 100 === 0 ? styled('Heading1', `Clause ${index}`) : '') + paragraph('Some words of text.'),
    );
    // Takes about a second: 35 MB that are no text.
    const filler = Array.from({ length: 30_000 }, () => `<w:x w:y="${random()}"/>`)
      .join('')
      .repeat(35);
    longDocument = await folder.save(
      'long.docx',
      buildDocx({ body: `${text.join('')}<w:sectPr>${filler}</w:sectPr>` }),
    );
  });

  test('reads a document, and reports progress at most four times a second', async () => {
    const parser = createDocumentParser({ ...limits, heapMb: 256, rssLimitMb: 400 });
    parsers.push(parser);
    const reports: number[] = [];
    const startMs = performance.now();
    const outcome = await parser.parse({
      path: longDocument,
      filename: 'long.docx',
      onProgress: ({ percent }) => reports.push(percent),
    });
    const tookMs = performance.now() - startMs;
    expect(outcome).toMatchObject({
      outcome: 'parsed',
      document: { format: 'DOCX', wordCount: paragraphs * 4 + headings * 2 },
    });
    expect(reports).toEqual(reports.toSorted((a, b) => a - b));
    expect(reports.length).toBeGreaterThan(0);
    expect(reports.length).toBeLessThanOrEqual(tookMs / 250);
  });

  test('is not stopped by signals for its whole group, such as Ctrl-C', async () => {
    const script = `
      const { createDocumentParser } = await import(${JSON.stringify(parserUrl.href)});
      process.on('SIGINT', () => {});
      const parser = createDocumentParser({ size: 1, heapMb: 256, rssLimitMb: 400, timeoutMs: 10_000 });
      const onProgress = () => process.kill(0, 'SIGINT');
      const { outcome } = await parser.parse({ path: ${JSON.stringify(longDocument)}, filename: 'long.docx', onProgress });
      process.stdout.write(outcome);
      await parser.close();`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await once(child, 'close');
    expect(output).toBe('parsed');
  });

  const createScript = `const { createDocumentParser } = await import(${JSON.stringify(parserUrl.href)});
    const parser = createDocumentParser({ size: 1, heapMb: 64, rssLimitMb: 160, timeoutMs: 10_000, childEntry: new URL(${JSON.stringify(childEntry.href)}) });`;
  const reportScript = `${createScript}
    const { document } = await parser.parse({ path: '', filename: 'report' });
    process.stdout.write(String(document.pid));`;

  test.each([
    ['before its first document', createScript],
    ['after a document', reportScript],
  ])('does not keep its parent alive %s', async (_, script) => {
    const ended = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { timeout: 20_000 });
    await expect(ended).resolves.toMatchObject({ stderr: '' });
  });

  test('ends with its parent, also when that is killed', async () => {
    const script = `${reportScript} setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
    expect(isRunning(Number(pid.toString()))).toBe(true);
    parent.kill('SIGKILL');
    await isGone(Number(pid.toString()));
  });
});
