import { once } from 'node:events';
import type { Call, ConverseBody } from './converse-request.ts';

/**
 * What the simulator has been asked and how it ended. seen = inFlight + completed + refused + broken + aborted, at any moment.
 * `aborted` is counted when the work for a client that went away has ended, not when it left.
 */
type Counters = {
  readonly seen: number;
  readonly inFlight: number;
  readonly completed: number;
  /** Answered with an HTTP error. */
  readonly refused: number;
  /** Ended by a fault in the middle. */
  readonly broken: number;
  /** The client went away before the end. */
  readonly aborted: number;
};

export type CallOutcome = Exclude<keyof Counters, 'seen' | 'inFlight'>;

type RecordedCall = Call & {
  /** Null for list-models, and for a body that could not be read. */
  readonly body: ConverseBody | null;
  /** Null while it is in flight. */
  readonly outcome: CallOutcome | null;
};

export type Activity = {
  begin(call: Call): CallInProgress;
  counters(): Counters;
  /** The latest calls, oldest first. */
  calls(): readonly RecordedCall[];
  /** Resolves with the counters as soon as they satisfy `condition`, at once if they do already. */
  waitFor(condition: (counters: Counters) => boolean, signal?: AbortSignal): Promise<Counters>;
};

export type CallInProgress = { understood(body: ConverseBody): void; end(outcome: CallOutcome): void };

type Entry = { -readonly [K in keyof RecordedCall]: RecordedCall[K] };

export function createActivity(keptCalls: number): Activity {
  let counters: Counters = { seen: 0, inFlight: 0, completed: 0, refused: 0, broken: 0, aborted: 0 };
  let recorded: Entry[] = [];
  const changes = new EventTarget();

  function count(changed: Partial<Counters>): void {
    counters = { ...counters, ...changed };
    changes.dispatchEvent(new Event('change'));
  }

  return {
    begin(call) {
      const entry: Entry = { ...call, body: null, outcome: null };
      recorded = keptCalls === 0 ? [] : [...recorded, entry].slice(-keptCalls);
      count({ seen: counters.seen + 1, inFlight: counters.inFlight + 1 });
      return {
        understood(body) {
          entry.body = body;
        },
        end(outcome) {
          entry.outcome = outcome;
          count({ inFlight: counters.inFlight - 1, [outcome]: counters[outcome] + 1 });
        },
      };
    },
    counters: () => counters,
    calls: () => recorded,
    async waitFor(condition, signal) {
      while (!condition(counters)) await once(changes, 'change', signal ? { signal } : {});
      return counters;
    },
  };
}
