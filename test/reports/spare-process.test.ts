import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { forkJailed } from '../../src/documents/fork-jailed.ts';
import { createSpareProcess, type SpareProcess } from '../../src/reports/spare-process.ts';

const entry = new URL('support/behaving-renderer.mjs', import.meta.url);
const started: ChildProcess[] = [];
let spare: SpareProcess | null = null;

function start(): ChildProcess {
  const child = forkJailed({ entry, heapMb: 64 });
  started.push(child);
  return child;
}

function createSpare(idleMs: number): SpareProcess {
  spare = createSpareProcess(idleMs);
  return spare;
}

afterEach(async () => {
  spare?.close();
  for (const child of started.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
});

test('a spare is one process, and is given away once', async () => {
  const { keep, take } = createSpare(60_000);
  expect(take()).toBeNull();
  const [first, second] = [start(), start()];
  keep(first);
  keep(second);
  await once(second, 'exit');
  expect(take()).toBe(first);
  expect(take()).toBeNull();
  expect(first.signalCode).toBeNull();
});

test('a spare that nobody takes ends', async () => {
  const { keep, take } = createSpare(50);
  const child = start();
  keep(child);
  await once(child, 'exit');
  expect(take()).toBeNull();
});

test('a spare that was taken goes on beyond the time for which it would have waited', async () => {
  const { keep, take } = createSpare(20);
  const [child, other] = [start(), start()];
  keep(child);
  take();
  keep(other);
  await once(other, 'exit');
  expect(child.signalCode).toBeNull();
});

test('a process that ended by itself is no spare, whether it had been kept before or not', async () => {
  const { keep, take } = createSpare(60_000);
  const child = start();
  keep(child);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(take()).toBeNull();
  keep(child);
  expect(take()).toBeNull();
});

test('when it is closed the spare ends, and none comes after it', async () => {
  const { keep, close, take } = createSpare(60_000);
  const [child, late] = [start(), start()];
  keep(child);
  close();
  await once(child, 'exit');
  keep(late);
  await once(late, 'exit');
  expect(take()).toBeNull();
});
