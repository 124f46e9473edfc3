import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { systemClock } from '../clock.ts';

/*
 * What runs on this machine, for finding what a killed run has left. A pid alone says nothing: pids are reused, in a container within
 * seconds. A process is known again by its pid and the moment of its start.
 */

const run = promisify(execFile);

/**
 * The command line of a process, arguments joined by spaces; empty when there is no such process, or only its remains that nobody has
 * waited for.
 */
export async function commandLineOf(pid: number): Promise<string> {
  if (process.platform !== 'linux') return psField(pid, 'command');
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.replaceAll('\0', ' ').trim();
}

/** `<pid> <moment of its start>`; null when there is no such process, or only its remains. */
export async function identityOf(pid: number): Promise<string | null> {
  if ((await commandLineOf(pid)) === '') return null;
  const started = process.platform === 'linux' ? await startTicks(pid) : await psField(pid, 'lstart');
  return started === '' ? null : `${pid} ${started}`;
}

/** The process whose identity was kept in `file`, if it runs still. */
export async function recordedProcess(file: string): Promise<number | null> {
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim();
  const pid = Number.parseInt(kept, 10);
  return Number.isInteger(pid) && (await identityOf(pid)) === kept ? pid : null;
}

export async function recordProcess(file: string, pid: number): Promise<void> {
  await writeFile(file, `${(await identityOf(pid)) ?? ''}\n`);
}

/** Ends the process whose identity was kept in `file`, if it runs still. */
export async function stopRecorded(file: string, signal: NodeJS.Signals, timeoutMs: number): Promise<void> {
  const pid = await recordedProcess(file);
  if (pid !== null) await stopProcess(pid, signal, timeoutMs);
  await rm(file, { force: true });
}

/** Ends a process that is not a child of this one: asks by `signal`, kills after `timeoutMs`, resolves when it is gone. */
export async function stopProcess(pid: number, signal: NodeJS.Signals, timeoutMs: number): Promise<void> {
  const deadlineMs = systemClock.monotonic() + timeoutMs;
  send(pid, signal);
  while ((await commandLineOf(pid)) !== '') {
    if (systemClock.monotonic() > deadlineMs) send(pid, 'SIGKILL');
    await systemClock.sleep(20);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone in the meantime, which is what was wanted.
  }
}

async function psField(pid: number, field: 'command' | 'lstart'): Promise<string> {
  const { stdout } = await run('ps', ['-ww', '-o', `${field}=`, '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim();
}

/** The 22nd field, in clock ticks since the system started. The second one, the name, may hold spaces and brackets itself. */
async function startTicks(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
