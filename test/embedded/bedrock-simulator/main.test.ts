import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { distFile } from '../../support/dist.ts';
import { contractText, createClient, reviewInput, startBench, stream } from './support.ts';

const entry = distFile('src', 'embedded', 'bedrock-simulator', 'main.js');
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(args: readonly string[] = [], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [entry, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, SIMULATOR_TOKENS_PER_SECOND: '100000', ...env },
  });
  children.push(child);
  return child;
}

async function announcedUrl(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('started without its output');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return (JSON.parse(line) as { url: string }).url;
}

async function failure(child: ChildProcess): Promise<{ code: number | null; message: string }> {
  let message = '';
  child.stderr?.on('data', (chunk: Buffer) => (message += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, message };
}

describe('the simulator as a process', () => {
  it('says where it is, answers there, and ends on SIGTERM', async () => {
    const child = start(['--port', '0']);
    const client = createClient(await announcedUrl(child));
    expect((await stream(client, reviewInput(contractText))).stopReason).toBe('end_turn');
    client.destroy();
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('ends with its owner: when the pipe to it closes', async () => {
    const child = start();
    await announcedUrl(child);
    child.kill('SIGINT');
    child.stdin?.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('ends with its owner: when the channel to it closes', async () => {
    const child = fork(entry, [], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    children.push(child);
    await announcedUrl(child);
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('says what is wrong with its port and its configuration', async () => {
    const bench = await startBench();
    const taken = new URL(bench.url).port;
    const [inUse, noPort, noSpeed] = await Promise.all([
      failure(start(['--port', taken])),
      failure(start(['--port', 'many'])),
      failure(start([], { SIMULATOR_TOKENS_PER_SECOND: 'fast' })),
    ]);
    await bench.close();
    expect([inUse.code, noPort.code, noSpeed.code]).toEqual([1, 1, 1]);
    expect(inUse.message).toContain(`Cannot listen on port ${taken}`);
    expect(noPort.message).toContain('--port must be a whole number');
    expect(noSpeed.message).toContain('SIMULATOR_TOKENS_PER_SECOND: must be a whole number');
  });
});
