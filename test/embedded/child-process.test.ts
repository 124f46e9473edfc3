import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { startChild } from '../../src/embedded/child-process.ts';
import { commandLineOf, identityOf, stopRecorded } from '../../src/embedded/process-table.ts';
import { distFile } from '../support/dist.ts';
import { createTempFolder } from '../support/temp-folder.ts';

type Options = Parameters<typeof startChild<boolean>>[0];

/** A shell script that is ready when it says so. */
const shell = (script: string, more: Partial<Options> = {}): Options => ({
  name: 'The child',
  command: 'sh',
  args: ['-c', script],
  readiness: ({ line }) => (line === 'ready' ? true : undefined),
  readyTimeoutMs: 10_000,
  stopSignal: 'SIGTERM',
  stopTimeoutMs: 10_000,
  onLine: () => undefined,
  ...more,
});

const gone = async (pid: number): Promise<void> => {
  while ((await commandLineOf(pid)) !== '') await systemClock.sleep(10);
};

describe('child process', () => {
  test('is ready when it says so, and ends when it is asked to', async () => {
    const { handle } = await startChild(shell('echo ready; sleep 60'));
    expect(await commandLineOf(handle.pid)).toContain('sh -c');
    await handle.stop();
    expect(await commandLineOf(handle.pid)).toBe('');
  });

  test('that ends before it is ready gives its last lines as the reason', async () => {
    await expect(startChild(shell('echo no disk >&2; exit 3'))).rejects.toThrow(
      'The child ended (code 3) before it was ready; its last lines: no disk',
    );
  });

  test('that does not exist gives that as the reason', async () => {
    await expect(startChild(shell('', { command: 'no-such-program' }))).rejects.toThrow(/could not be started.*ENOENT/);
  });

  test('that is not ready in time is stopped', async () => {
    const pids: number[] = [];
    const slow = shell('echo $$; sleep 60', { readyTimeoutMs: 2_000, onLine: (line) => pids.push(Number(line)) });
    await expect(startChild(slow)).rejects.toThrow('was not ready after 2000 ms; its last lines');
    expect(await commandLineOf(pids[0] ?? 0)).toBe('');
  });

  test('that ignores the request to end is killed with all it has started', async () => {
    const pids: number[] = [];
    const stubborn = `trap '' TERM; sh -c 'echo $$; echo ready; while :; do sleep 0.1; done' & wait; wait`;
    const { handle } = await startChild(
      shell(stubborn, { stopTimeoutMs: 100, onLine: (line) => pids.push(Number(line)) }),
    );
    await handle.stop();
    await gone(pids[0] ?? 0);
    expect(await commandLineOf(handle.pid)).toBe('');
  });

  test('tells how it ended, also those who ask afterwards', async () => {
    const { handle } = await startChild(shell('echo ready; exit 7'));
    expect(await new Promise((resolve) => handle.onExit(resolve))).toBe('code 7');
    expect(await new Promise((resolve) => handle.onExit(resolve))).toBe('code 7');
  });

  test('is recorded while it starts, so that the next run can end it', async () => {
    const pidFile = join(await createTempFolder(), 'pid');
    const { handle } = await startChild(shell('echo ready; sleep 60', { pidFile }));
    expect((await readFile(pidFile, 'utf8')).trim()).toBe(await identityOf(handle.pid));
    const exit = new Promise((resolve) => handle.onExit(resolve));
    await stopRecorded(pidFile, 'SIGTERM', 5_000);
    expect(await exit).toBe('SIGTERM');
  });

  test('ends when its parent is killed', async () => {
    const script = `
      const { startChild } = await import(${JSON.stringify(distFile('src', 'embedded', 'child-process.js'))});
      const { handle } = await startChild({
        name: 'x', command: 'sh', args: ['-c', 'echo ready; sleep 60'], readiness: () => true, readyTimeoutMs: 9000,
        stopSignal: 'SIGTERM', stopTimeoutMs: 1000, onLine: () => undefined,
      });
      console.log(handle.pid);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
    expect(await commandLineOf(Number(line))).toContain('sleep 60');
    parent.kill('SIGKILL');
    await gone(Number(line));
    expect(await identityOf(Number(line))).toBeNull();
  });
});
