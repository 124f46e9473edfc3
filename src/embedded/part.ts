import type { Clock } from '../clock.ts';
import { assertNever } from '../errors.ts';
import type { ChildHandle } from './child-process.ts';
import { createRestartPolicy } from './restart-policy.ts';

/*
 * One part of the system, kept running:
 *
 *   stopped --start--> running --ended--> waiting --> running ...
 *                                            \--> given up, after several deaths in quick succession
 *
 * `stop` works from every state, and nothing is started after it.
 */

type PartOptions<T> = {
  readonly name: string;
  /** Starts its process; resolves when it is ready. Called again after each death. */
  readonly start: (signal: AbortSignal) => Promise<T>;
  readonly clock: Clock;
  /** A line for the terminal. */
  readonly report: (line: string) => void;
  readonly onGiveUp: (reason: string) => void;
};

export type Part<T = unknown> = {
  /** Rejects when it cannot be started the first time; then it is not tried again. */
  start(): Promise<T>;
  stop(): Promise<void>;
  /** Without asking. */
  kill(): void;
};

export function createPart<T extends ChildHandle>(options: PartOptions<T>): Part<T> {
  const { name, clock, report } = options;
  const decide = createRestartPolicy();
  const stopping = new AbortController();
  let current: ChildHandle | null = null;
  let underWay: Promise<unknown> = Promise.resolve();

  async function bringUp(): Promise<T> {
    const handle = await options.start(stopping.signal);
    const startedMs = clock.monotonic();
    current = handle;
    handle.onExit((how) => {
      current = null;
      if (!stopping.signal.aborted)
        underWay = bringBack(`ended (${how})`, 'starting it again', clock.monotonic() - startedMs);
    });
    return handle;
  }

  async function bringBack(what: string, remedy: string, livedMs: number): Promise<void> {
    const decision = decide(livedMs);
    switch (decision.outcome) {
      case 'give-up':
        return options.onGiveUp(`${name} ${what} again and again`);
      case 'restart': {
        const when = decision.afterMs === 0 ? '' : ` in ${decision.afterMs / 1000} s`;
        report(`${name} ${what}; ${remedy}${when}`);
        try {
          await clock.sleep(decision.afterMs, stopping.signal);
          await bringUp();
          return report(`${name} is back`);
        } catch (error) {
          if (stopping.signal.aborted) return;
          const reason = error instanceof Error ? error.message : String(error);
          return bringBack(`could not be started: ${reason}`, 'trying again', 0);
        }
      }
      default:
        assertNever(decision);
    }
  }

  return {
    start() {
      const first = bringUp();
      underWay = first.catch(() => undefined);
      return first;
    },
    async stop() {
      stopping.abort(new Error(`${name} is being stopped`));
      await underWay;
      await current?.stop();
    },
    kill() {
      stopping.abort(new Error(`${name} is being killed`));
      current?.kill();
    },
  };
}
