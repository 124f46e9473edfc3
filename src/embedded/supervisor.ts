import type { Clock } from '../clock.ts';
import type { ChildHandle } from './child-process.ts';
import { openPartLog } from './log-lines.ts';
import { createPart, type Part } from './part.ts';
import type { RunFolder } from './run-folder.ts';
import type { Terminal } from './terminal.ts';

/*
 * Brings parts up, keeps them up and takes them down in order: whoever uses a part ends before it. A part that ends is started again, with
 * a line that says so; one that keeps ending is given up, which is for the caller to act on.
 */

type PartName = 'API' | 'Worker' | 'Simulator' | 'Redis' | 'Postgres';

const stopOrder: readonly (readonly PartName[])[] = [['API', 'Worker'], ['Simulator'], ['Redis'], ['Postgres']];

/** What a part needs to start its process. */
export type PartTools = {
  readonly signal: AbortSignal;
  readonly pidFile: string;
  readonly onLine: (line: string) => void;
  readonly onProgress: (what: string) => void;
};

type Recipe<T> = {
  readonly start: (tools: PartTools) => Promise<T>;
  /** Of a part that is up, for the terminal. */
  readonly detail: (handle: T) => string;
  /** Whether the terminal shows its warnings and errors. All lines are in its log in any case. */
  readonly isShown: boolean;
};

export type Supervisor = {
  /** Resolves when the part is up for the first time. */
  bringUp<T extends ChildHandle>(name: PartName, recipe: Recipe<T>): Promise<T>;
  /** Ends everything in order, also what is just starting. */
  stop(): Promise<void>;
  /** Ends everything at once. */
  kill(): void;
};

type SupervisorOptions = {
  readonly folder: Pick<RunFolder, 'logDir' | 'pidFile'>;
  readonly clock: Clock;
  readonly terminal: Terminal;
  readonly onGiveUp: (reason: string) => void;
};

export function createSupervisor({ folder, clock, terminal, onGiveUp }: SupervisorOptions): Supervisor {
  const parts = new Map<PartName, Part>();
  const logs: { close(): Promise<void> }[] = [];
  let isStopping = false;

  return {
    async bringUp(name, recipe) {
      const show = recipe.isShown ? (line: string) => terminal.note(name, line) : null;
      const log = await openPartLog(folder.logDir, name.toLowerCase(), show);
      logs.push(log);
      if (isStopping) throw new Error(`${name} is not started: everything is being stopped`);
      const report = (text: string) => terminal.note(name, text);
      const part = createPart({
        name,
        start: (signal) =>
          recipe.start({ signal, pidFile: folder.pidFile(name), onLine: log.write, onProgress: report }),
        clock,
        report,
        onGiveUp: (reason) => onGiveUp(`${reason}. See ${folder.logDir}/${name.toLowerCase()}.log.`),
      });
      parts.set(name, part);
      const startedMs = clock.monotonic();
      const handle = await part.start();
      terminal.ready(name, clock.monotonic() - startedMs, recipe.detail(handle));
      return handle;
    },
    async stop() {
      isStopping = true;
      for (const wave of stopOrder) await Promise.all(wave.map(async (name) => parts.get(name)?.stop()));
      await Promise.all(logs.map((log) => log.close()));
    },
    kill() {
      isStopping = true;
      for (const part of parts.values()) part.kill();
    },
  };
}
