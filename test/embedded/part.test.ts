import { describe, expect, test } from 'vitest';
import type { ChildHandle } from '../../src/embedded/child-process.ts';
import { createPart } from '../../src/embedded/part.ts';
import { createFakeClock } from '../support/fake-clock.ts';

/** A part whose processes live as long as the test wants. */
function createFakePart() {
  const clock = createFakeClock();
  const lines: string[] = [];
  const processes: { die(how: string): void; isStopped: boolean }[] = [];
  const failures: Error[] = [];
  const part = createPart({
    name: 'Redis',
    async start(): Promise<ChildHandle> {
      const failure = failures.shift();
      if (failure) throw failure;
      const callbacks: ((how: string) => void)[] = [];
      const process = { isStopped: false, die: (how: string) => callbacks.forEach((callback) => callback(how)) };
      processes.push(process);
      const stop = async () => {
        process.isStopped = true;
        process.die('code 0');
      };
      return { pid: 1, onExit: (callback) => callbacks.push(callback), stop, kill: () => process.die('SIGKILL') };
    },
    clock,
    report: (line) => lines.push(line),
    onGiveUp: (reason) => lines.push(`given up: ${reason}`),
  });
  return { part, clock, lines, processes, failures };
}

describe('part', () => {
  test('is started again at once when it dies, with a line that says so', async () => {
    const { part, clock, lines, processes } = createFakePart();
    await part.start();
    processes[0]?.die('SIGKILL');
    await clock.advance(0);
    expect(processes).toHaveLength(2);
    expect(lines).toEqual(['Redis ended (SIGKILL); starting it again', 'Redis is back']);
  });

  test('waits ever longer while it keeps dying, and is given up in the end', async () => {
    const { part, clock, lines, processes } = createFakePart();
    await part.start();
    for (let deaths = 1; deaths <= 6; deaths += 1) {
      processes.at(-1)?.die('code 1');
      await clock.advance(10_000);
    }
    expect(processes).toHaveLength(6);
    expect(lines.at(-1)).toBe('given up: Redis ended (code 1) again and again');
    expect(lines.filter((line) => line.includes(' in '))).toEqual([
      'Redis ended (code 1); starting it again in 0.5 s',
      'Redis ended (code 1); starting it again in 1 s',
      'Redis ended (code 1); starting it again in 2 s',
      'Redis ended (code 1); starting it again in 4 s',
    ]);
  });

  test('that cannot be started again counts as dead at once', async () => {
    const { part, clock, lines, processes, failures } = createFakePart();
    await part.start();
    failures.push(new Error('no disk'));
    processes[0]?.die('code 1');
    await clock.advance(500);
    expect(lines).toEqual([
      'Redis ended (code 1); starting it again',
      'Redis could not be started: no disk; trying again in 0.5 s',
      'Redis is back',
    ]);
  });

  test('that cannot be started the first time is not tried again', async () => {
    const { part, processes, failures } = createFakePart();
    failures.push(new Error('no disk'));
    await expect(part.start()).rejects.toThrow('no disk');
    expect(processes).toHaveLength(0);
  });

  test('is not started again once it is stopped', async () => {
    const { part, clock, lines, processes } = createFakePart();
    await part.start();
    await part.stop();
    await clock.advance(60_000);
    expect(processes.map((process) => process.isStopped)).toEqual([true]);
    expect(lines).toEqual([]);
  });

  test('that is stopped while it waits to come back stays down', async () => {
    const { part, clock, processes } = createFakePart();
    await part.start();
    processes[0]?.die('code 1');
    await clock.advance(0);
    processes[1]?.die('code 1');
    await part.stop();
    await clock.advance(60_000);
    expect(processes).toHaveLength(2);
  });
});
