import type { Clock } from '../clock.ts';
import type { EventData } from './event-types.ts';

export type AppendStatus = 'ok' | 'fenced' | 'lost';

/** Thrown when a writer may not go on: `fenced`, a later attempt or the end came before; `lost`, its own entries are gone from the log. */
export class AttemptVoidError extends Error {
  override readonly name = 'AttemptVoidError';
  readonly status: 'fenced' | 'lost';

  constructor(status: 'fenced' | 'lost') {
    super(
      status === 'fenced'
        ? 'Another attempt has taken over or ended this.'
        : 'The event log lost entries of this attempt.',
    );
    this.status = status;
  }
}

type Pending = { at: Date; data: EventData };

export type LogWriter = {
  /** Queues an event; it is on its way before this returns unless another append is in flight. Throws what an earlier append failed with. */
  append(data: EventData): void;
  /** Resolves when all that was appended is in the log; rejects with AttemptVoidError when this attempt is over. */
  flush(): Promise<void>;
  /** Of the event that comes next, once all that was appended is in the log. */
  nextSeq(): number;
};

/**
 * Writes one attempt's events in order. An event goes out at once when nothing is in flight; what comes meanwhile leaves together, when
 * the answer is there or after `coalesceMs` at the latest, with neighbouring deltas of one kind merged into one. Sequence numbers are chosen
 * here, so a batch that is sent again after a lost connection is recognised by the log.
 */
export function createLogWriter(deps: {
  firstSeq: number;
  send: (firstSeq: number, events: readonly Pending[]) => Promise<AppendStatus>;
  clock: Clock;
  coalesceMs: number;
}): LogWriter {
  let pending: Pending[] = [];
  let nextSeq = deps.firstSeq;
  let inFlight = 0;
  let timer: NodeJS.Timeout | null = null;
  let failure: unknown = null;
  let tail: Promise<void> = Promise.resolve();

  function dispatch(): void {
    if (timer) clearTimeout(timer);
    timer = null;
    if (pending.length === 0 || failure !== null) return;
    const batch = pending;
    pending = [];
    const firstSeq = nextSeq;
    nextSeq += batch.length;
    inFlight += 1;
    const previous = tail;
    // One connection keeps the order of commands, so a batch may leave before the one ahead of it is answered.
    const sent = deps.send(firstSeq, batch);
    tail = Promise.all([previous, sent]).then(([, status]) => {
      inFlight -= 1;
      if (status !== 'ok') throw new AttemptVoidError(status);
      if (inFlight === 0) dispatch();
    });
    tail.catch((error: unknown) => {
      failure ??= error;
      pending = [];
    });
  }

  return {
    append(data) {
      if (failure !== null) throw failure;
      const last = pending.at(-1);
      const merged = last && mergeDeltas(last.data, data);
      if (merged) last.data = merged;
      else pending.push({ at: new Date(deps.clock.now()), data });
      if (inFlight === 0) dispatch();
      else timer ??= setTimeout(dispatch, deps.coalesceMs);
    },
    async flush() {
      while (failure === null && (pending.length > 0 || inFlight > 0)) {
        dispatch();
        await tail;
      }
      if (failure !== null) throw failure;
    },
    nextSeq: () => nextSeq,
  };
}

function mergeDeltas(before: EventData, next: EventData): EventData | null {
  const isDelta = before.type === 'thinking:delta' || before.type === 'text:delta';
  if (!isDelta || next.type !== before.type) return null;
  return { ...before, text: before.text + next.text };
}
