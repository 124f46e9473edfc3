import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { writeContent } from '../../src/reports/content-file.ts';
import { createReportRenderer } from '../../src/reports/report-renderer.ts';
import { renderJson } from '../../src/reports/render-json.ts';
import { buildDocx, paragraph } from '../documents/support/build-docx.ts';
import { sampleContent } from './support/sample-content.ts';

const folder = mkdtempSync(join(tmpdir(), 'prism-renderer-'));
const childEntry = new URL('support/behaving-renderer.mjs', import.meta.url);
const behaving = createReportRenderer({ heapMb: 64, rssLimitMb: 200, childEntry });
const real = createReportRenderer({ heapMb: 256, rssLimitMb: 512 });
afterAll(() => {
  behaving.close();
  real.close();
  rmSync(folder, { recursive: true, force: true });
});

const outputPath = join(folder, 'output');
const output = (): string => readFileSync(outputPath, 'utf8');
const never = new AbortController().signal;
const command = (contentPath: string, originalPath: string | null = null) => ({
  format: originalPath ? ('ANNOTATED' as const) : ('JSON' as const),
  contentPath,
  originalPath,
  outputPath,
});

describe('rendering in a process of its own', () => {
  it('writes the file that the renderer makes of the content, dates and all', async () => {
    await writeContent(join(folder, 'content'), sampleContent);
    expect(await real.render(command(join(folder, 'content')), never)).toEqual({ outcome: 'rendered' });
    expect(output()).toBe(renderJson(sampleContent));
  });

  it('tells the fault of an uploaded file from a fault of its own', async () => {
    await writeContent(join(folder, 'content'), sampleContent);
    writeFileSync(join(folder, 'original'), 'no Word document');
    const broken = await real.render(command(join(folder, 'content'), join(folder, 'original')), never);
    expect(broken).toMatchObject({ outcome: 'failed', problem: { code: 'UNREADABLE_DOCUMENT' }, where: null });
    writeFileSync(join(folder, 'content'), '{ "sections": "secret text" }');
    const own = await real.render({ ...command(join(folder, 'content')), format: 'HTML' }, never);
    expect(own).toMatchObject({ outcome: 'failed', problem: { code: 'INTERNAL', retryable: true } });
    const where = own.outcome === 'failed' ? own.where : null;
    expect(where).toMatch(/^TypeError\n\s+at /);
    expect(JSON.stringify(own)).not.toContain('secret text');
  });

  it('does not call an uploaded file damaged for a fault of this service', async () => {
    await writeContent(join(folder, 'content'), sampleContent);
    writeFileSync(join(folder, 'original'), buildDocx({ body: paragraph('pay the fee') }));
    const annotating = command(join(folder, 'content'), join(folder, 'original'));
    expect(await real.render(annotating, never)).toEqual({ outcome: 'rendered' });
    writeFileSync(join(folder, 'spoilt'), 'no content');
    const faults = [
      { ...annotating, outputPath: join(folder, 'no such folder', 'output') },
      { ...annotating, contentPath: join(folder, 'spoilt') },
      { ...annotating, originalPath: join(folder, 'no such file') },
    ];
    for (const fault of faults)
      expect(await real.render(fault, never)).toMatchObject({
        problem: { code: 'INTERNAL', retryable: true, message: expect.not.stringContaining('damaged') },
      });
  });

  it('survives a process that crashes, fills its heap, or takes memory beside it', async () => {
    expect(await behaving.render(command('crash'), never)).toMatchObject({ problem: { code: 'INTERNAL' } });
    expect(await behaving.render(command('crash', 'x'), never)).toMatchObject({
      problem: { code: 'UNREADABLE_DOCUMENT' },
    });
    expect(await behaving.render(command('grow'), never)).toMatchObject({ problem: { code: 'PAYLOAD_TOO_LARGE' } });
    const swollen = await behaving.render({ ...command('swell'), format: 'PDF' }, never);
    expect(swollen).toMatchObject({
      problem: {
        code: 'PAYLOAD_TOO_LARGE',
        message: expect.stringMatching(/ 200 MB .* Ask for JSON or CSV instead\.$/),
      },
    });
    // Whoever asked for JSON is not sent back to it.
    expect(await behaving.render(command('swell'), never)).toMatchObject({
      problem: { code: 'PAYLOAD_TOO_LARGE', message: expect.not.stringContaining('JSON') },
    });
  });

  it('rejects when the process ends before it began: nothing is known of the report', async () => {
    await expect(behaving.render(command('die-first'), never)).rejects.toThrow('did not start');
  });

  it('kills the process when it is aborted, and has it gone by then', async () => {
    writeFileSync(outputPath, '');
    const end = new AbortController();
    const rendering = behaving.render(command('hang'), end.signal);
    await vi.waitFor(() => expect(output()).not.toBe(''), 10_000);
    end.abort(new Error('enough'));
    await expect(rendering).rejects.toThrow('enough');
    expect(() => process.kill(Number(output()), 0)).toThrow('ESRCH');
    await expect(behaving.render(command('hang'), end.signal)).rejects.toThrow('enough');
  });

  it('gives the process nothing of the environment, and lets none make code that has an uploaded file', async () => {
    await behaving.render(command('environment', 'x'), never);
    expect(JSON.parse(output())).toMatchObject({ environment: [], mayMakeCode: false });
    await behaving.render(command('environment'), never);
    expect(JSON.parse(output())).toMatchObject({ environment: [], mayMakeCode: true });
  });

  it('uses a process again, but none that has or will have an uploaded file', async () => {
    const renderer = createReportRenderer({ heapMb: 64, rssLimitMb: 200, childEntry });
    const processOf = async (originalPath: string | null) => {
      await renderer.render(command('environment', originalPath), never);
      return JSON.parse(output()) as { pid: number; reports: number; mayMakeCode: boolean };
    };
    const first = await processOf(null);
    const second = await processOf(null);
    const annotating = await processOf('x');
    const third = await processOf(null);
    const annotatingAgain = await processOf('x');
    expect([first, second, third].map(({ pid, reports }) => [pid, reports])).toEqual([
      [first.pid, 1],
      [first.pid, 2],
      [first.pid, 3],
    ]);
    for (const each of [annotating, annotatingAgain]) expect(each).toMatchObject({ reports: 1, mayMakeCode: false });
    expect(annotatingAgain.pid).not.toBe(annotating.pid);
    renderer.close();
    expect((await processOf(null)).pid).not.toBe(first.pid);
  });

  it('renders reports at the same time, and afterwards has one process and no more', async () => {
    const renderer = createReportRenderer({ heapMb: 64, rssLimitMb: 200, childEntry });
    const pids = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const to = { ...command('environment'), outputPath: join(folder, name) };
        await renderer.render(to, never);
        return (JSON.parse(readFileSync(to.outputPath, 'utf8')) as { pid: number }).pid;
      }),
    );
    const isAlive = (pid: number): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    expect(new Set(pids).size).toBe(2);
    await expect.poll(() => pids.filter(isAlive).length).toBe(1);
    renderer.close();
    await expect.poll(() => pids.filter(isAlive).length).toBe(0);
  });

  it('renders the same twice in one process', async () => {
    await writeContent(join(folder, 'content'), sampleContent);
    const rendered: Buffer[] = [];
    for (let round = 0; round < 2; round += 1) {
      await real.render({ ...command(join(folder, 'content')), format: 'PDF' }, never);
      rendered.push(readFileSync(outputPath));
    }
    expect(rendered[1]?.equals(rendered[0] ?? Buffer.alloc(0))).toBe(true);
  });
});
