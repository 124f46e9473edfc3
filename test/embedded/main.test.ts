import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { commandLineOf } from '../../src/embedded/process-table.ts';
import { distFile } from '../support/dist.ts';
import { createTempFolder } from '../support/temp-folder.ts';

/** `npm start`, without npm. */
function start(dataDir: string, more: Record<string, string> = {}) {
  const env = { PATH: String(process.env['PATH']), PORT: '0', PRISM_DATA_DIR: dataDir, ...more };
  const child = spawn(process.execPath, [distFile('src', 'embedded', 'main.js')], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => endOf(child));
  const lines: string[] = [];
  const waiting: { pattern: RegExp; resolve: (line: string) => void }[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      lines.push(line);
      for (const waiter of waiting) if (waiter.pattern.test(line)) waiter.resolve(line);
    });
  }
  const seen = (pattern: RegExp) => new Promise<string>((resolve) => waiting.push({ pattern, resolve }));
  return { child, lines, seen, exit: once(child, 'close').then(([code]) => code as number | null) };
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function createSession(playgroundLine: string): Promise<unknown> {
  const url = playgroundLine.trim().split(/\s+/).at(-1) ?? '';
  const query = 'mutation { createSession(input: { title: "My first review" }) { session { title } } }';
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return response.json();
}

async function processesOf(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const commandLines = await Promise.all(pids.map(commandLineOf));
  return commandLines.filter((commandLine) => commandLine.includes(folder));
}

const created = { data: { createSession: { session: { title: 'My first review' } } } };

describe('npm start', { timeout: 90_000 }, () => {
  test('brings everything up, says where it is, and takes it down on Ctrl-C', async () => {
    const folder = await createTempFolder();
    const { child, lines, seen, exit } = start(folder);
    const hasEnded = seen(/Ctrl-C stops everything/);
    expect(await createSession(await seen(/Playground/))).toEqual(created);
    await hasEnded;
    expect(lines.join('\n')).toMatch(/Models are simulated.*curl -s http:\/\/localhost:\d+\/graphql/s);
    child.kill('SIGINT');
    // npm passes on what the terminal has sent already: that is not a second Ctrl-C.
    child.kill('SIGINT');
    expect(await exit).toBe(0);
    expect(await processesOf(folder)).toEqual([]);
  });

  test('starts again after a kill -9 as if nothing had been', async () => {
    const folder = await createTempFolder();
    const first = start(folder);
    await first.seen(/Playground/);
    first.child.kill('SIGKILL');
    await first.exit;
    expect(await createSession(await start(folder).seen(/Playground/))).toEqual(created);
  });

  test('prints one line per mistake in the configuration, and starts nothing', async () => {
    const folder = await createTempFolder();
    const { lines, exit } = start(folder, { PORT: 'many', LOG_LEVEL: 'loud' });
    expect(await exit).toBe(1);
    expect(lines).toEqual([
      'PORT: must be a whole number from 0 to 65535',
      'LOG_LEVEL: must be one of trace, debug, info, warn, error, silent',
    ]);
    expect(await readdir(folder)).toEqual([]);
  });
});
