import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { guardChild } from './parent-guard.ts';
import { recordProcess } from './process-table.ts';

/**
 * A process of ours. It runs in a process group of its own, so that Ctrl-C in a terminal reaches only the supervisor, which stops its
 * children in order; and under a guard, so that it is stopped even when this process is killed.
 */
export type ChildHandle = {
  readonly pid: number;
  /** Called once, also when the process has ended already, with how it ended. */
  onExit(callback: (how: string) => void): void;
  /** Asks it to end, kills its group after `stopTimeoutMs`; resolves when it has ended. */
  stop(): Promise<void>;
  /** Kills its group at once. */
  kill(): void;
};

/** A process that serves under a URL. */
export type EmbeddedServer = ChildHandle & { readonly url: string };

/** A line of its output, or what it has sent over its channel. */
type ChildEvent = { readonly line?: string; readonly message?: unknown };

type StartOptions<T> = {
  /** For messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Written to its standard input, which is then closed. */
  readonly input?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** With a channel for `process.send`. */
  readonly ipc?: boolean;
  /** Given every line of output and every message until it returns something: then the process is ready. */
  readonly readiness: (event: ChildEvent) => T | undefined;
  readonly readyTimeoutMs: number;
  readonly stopSignal: NodeJS.Signals;
  readonly stopTimeoutMs: number;
  /** Where its identity is kept as soon as it runs, for the next start to find it if this process is killed. */
  readonly pidFile?: string;
  readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void;
  readonly signal?: AbortSignal;
};

const lastLinesKept = 8;

/**
 * Starts a process and resolves when it says that it is ready. Rejects, with its last lines in the message, when it ends before that or
 * is not ready in time, and with the signal's reason when that aborts; then nothing of it is left running.
 */
export async function startChild<T>(options: StartOptions<T>): Promise<{ handle: ChildHandle; ready: T }> {
  options.signal?.throwIfAborted();
  const child = spawnChild(options);
  const handle = controlChild(child, options);
  try {
    const recorded = options.pidFile === undefined ? null : recordProcess(options.pidFile, handle.pid);
    const [ready] = await Promise.all([readinessOf(child, options), recorded]);
    return { handle, ready };
  } catch (error) {
    await handle.stop();
    throw error;
  }
}

async function readinessOf<T>(child: ChildProcess, options: StartOptions<T>): Promise<T> {
  const lastLines: string[] = [];
  const over = new AbortController();
  const ready = new Promise<T>((resolve, reject) => {
    const fail = (what: string) => {
      const said = lastLines.length > 0 ? `; its last lines: ${lastLines.join(' | ')}` : '';
      reject(new Error(`${options.name} ${what}${said}`));
    };
    const observe = (event: ChildEvent) => {
      if (over.signal.aborted) return;
      const value = options.readiness(event);
      if (value !== undefined) resolve(value);
    };
    readLines(child, (line, stream) => {
      lastLines.push(line);
      if (lastLines.length > lastLinesKept) lastLines.shift();
      options.onLine(line, stream);
      observe({ line });
    });
    child.on('message', (message) => observe({ message }));
    child.once('error', (error) => fail(`could not be started: ${error.message}`));
    // 'close' and not 'exit': the reason is in the output that is still on its way.
    child.once('close', (code, signal) => fail(`ended (${describeExit(code, signal)}) before it was ready`));
    const timer = setTimeout(() => fail(`was not ready after ${options.readyTimeoutMs} ms`), options.readyTimeoutMs);
    over.signal.addEventListener('abort', () => clearTimeout(timer));
    const giveUp = () => reject(options.signal?.reason as Error);
    options.signal?.addEventListener('abort', giveUp, { signal: over.signal });
  });
  return ready.finally(() => over.abort());
}

function readLines(child: ChildProcess, onLine: (line: string, stream: 'stdout' | 'stderr') => void): void {
  for (const stream of ['stdout', 'stderr'] as const) {
    const input = child[stream];
    if (input !== null) createInterface({ input }).on('line', (line) => onLine(line, stream));
  }
}

const describeExit = (code: number | null, signal: NodeJS.Signals | null) => signal ?? `code ${code}`;

function spawnChild(options: StartOptions<unknown>): ChildProcess {
  const stdin = options.input === undefined ? 'ignore' : 'pipe';
  const child = spawn(options.command, options.args, {
    stdio: options.ipc === true ? [stdin, 'pipe', 'pipe', 'ipc'] : [stdin, 'pipe', 'pipe'],
    detached: true,
    ...(options.env ? { env: { ...options.env } } : {}),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  // A process that ends before it has read its input breaks the pipe; its exit tells more.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input);
  return child;
}

function controlChild(child: ChildProcess, options: StartOptions<unknown>): ChildHandle {
  const pid = child.pid ?? 0;
  let ended: string | undefined;
  const callbacks: ((how: string) => void)[] = [];
  const dismissGuard = child.pid === undefined ? () => undefined : guardChild(child.pid, options.stopSignal);
  const settle = (how: string) => {
    if (ended !== undefined) return;
    ended = how;
    dismissGuard();
    for (const callback of callbacks) callback(how);
  };
  child.once('exit', (code, signal) => settle(describeExit(code, signal)));
  if (child.pid === undefined) settle('an error');
  const killGroup = () => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      child.kill('SIGKILL');
    }
  };
  return {
    pid,
    onExit(callback) {
      if (ended === undefined) callbacks.push(callback);
      else callback(ended);
    },
    kill: () => {
      if (ended === undefined) killGroup();
    },
    async stop() {
      if (ended !== undefined) return;
      const exit = new Promise<void>((resolve) => callbacks.push(() => resolve()));
      child.kill(options.stopSignal);
      const timer = setTimeout(killGroup, options.stopTimeoutMs);
      await exit;
      clearTimeout(timer);
    },
  };
}
