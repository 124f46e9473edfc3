import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createDocumentParser } from '../../src/documents/parser-pool.ts';
import { cpuSecondsOfTree } from '../support/process-usage.ts';
import type { Reading } from './fresh-process.ts';

const limits = { heapMb: 256, rssLimitMb: 512, timeoutMs: 60_000 };

/** A parser with one child, warmed up by a line of text as a worker's are by waiting. `folder` is for that line. */
export async function createJail(folder: string) {
  const parser = createDocumentParser({ size: 1, ...limits });
  const read = async (path: string) => {
    const outcome = await parser.parse({ path, filename: basename(path) });
    if (outcome.outcome === 'failed') throw new Error(outcome.failure.message);
    return outcome.document;
  };
  const warmUp = join(folder, 'warm-up.txt');
  await writeFile(warmUp, 'A line of text.');
  await read(warmUp);
  const pid = await onlyChild();

  return {
    /** Its memory is the highest so far in this child. CPU time comes in steps of 10 ms. */
    async read(path: string): Promise<Reading> {
      const cpuBefore = await cpuSecondsOfTree(pid);
      const startMs = performance.now();
      const { sections } = await read(path);
      const wallMs = performance.now() - startMs;
      const cpuMs = ((await cpuSecondsOfTree(pid)) - cpuBefore) * 1000;
      return {
        wallMs,
        cpuMs,
        maxRssMb: await highestMb(pid),
        characters: sections.at(-1)?.endOffset ?? 0,
        headings: null,
      };
    },
    close: () => parser.close(),
  };
}

async function onlyChild(): Promise<number> {
  const children = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'latin1');
  const [pid, ...others] = children.trim().split(' ').map(Number);
  if (pid === undefined || others.length > 0) throw new Error(`One child process was expected, not: ${children}`);
  return pid;
}

async function highestMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}
