import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { forkJailed } from '../../src/documents/fork-jailed.ts';
import { createSpareProcess, type SpareProcess } from '../../src/reports/spare-process.ts';

const entry = new URL('support/behaving-renderer.mjs', import.meta.url);
const started: ChildProcess[] = [];
let spare: SpareProcess | null = null;

function createSpare(idleMs: number): SpareProcess {
  spare = createSpareProcess(() => {
    const child = forkJailed({ entry, heapMb: 64 });
    started.push(child);
    return child;
  }, idleMs);
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

test('a spare is one process, and is given away once', () => {
  const { refill, take } = createSpare(60_000);
  expect(take()).toBeNull();
  refill();
  refill();
  expect(started).toHaveLength(1);
  expect(take()).toBe(started[0]);
  expect(take()).toBeNull();
});

test('a spare that nobody takes ends', async () => {
  const { refill, take } = createSpare(50);
  refill();
  await once(started[0] as ChildProcess, 'exit');
  expect(take()).toBeNull();
});

test('a spare that was taken goes on beyond the time for which it would have waited', async () => {
  const { refill, take } = createSpare(20);
  refill();
  const child = take();
  refill();
  await once(started[1] as ChildProcess, 'exit');
  expect(child?.signalCode).toBeNull();
});

test('a process that ended by itself is no spare', async () => {
  const { refill, take } = createSpare(60_000);
  refill();
  started[0]?.kill('SIGKILL');
  await once(started[0] as ChildProcess, 'exit');
  expect(take()).toBeNull();
});

test('when it is closed the spare ends, and none comes after it', async () => {
  const { refill, close, take } = createSpare(60_000);
  refill();
  close();
  await once(started[0] as ChildProcess, 'exit');
  refill();
  expect(take()).toBeNull();
});
