import type { EventData, LogEntry } from '../events/event-types.ts';
import { toIterator, type PushSource } from '../events/push-source.ts';

/** An event with the cursor of its place in the log that is being followed. */
export type CursoredEvent = {
  readonly cursor: string;
  readonly at: Date;
  readonly attempt: number;
  readonly data: EventData;
};

/** Events for one subscriber: pushed, where the transport can take them so, or iterated. */
export type EventFeed = PushSource<CursoredEvent> & AsyncIterable<CursoredEvent>;

export const isEventFeed = (value: unknown): value is EventFeed =>
  typeof value === 'object' && value !== null && 'start' in value && Symbol.asyncIterator in value;

// Entries that may wait in memory for a consumer that iterates; what is beyond is read again from the log.
const iteratorLimit = 256;

const withIterator = (source: PushSource<CursoredEvent>): EventFeed => ({
  ...source,
  [Symbol.asyncIterator]: () => toIterator(source, iteratorLimit),
});

/** A feed of events that are all there. */
export const finishedFeed = (events: readonly CursoredEvent[]): EventFeed =>
  withIterator({
    start(sink) {
      let isClosed = false;
      let next = 0;
      const pump = (): void => {
        while (!isClosed) {
          const event = events[next];
          next += 1;
          if (!event) {
            isClosed = true;
            sink.ended(null);
          } else if (!sink.take(event)) return;
        }
      };
      // Not before the subscriber has what `start` returns.
      queueMicrotask(pump);
      return { resume: pump, close: () => void (isClosed = true) };
    },
  });

/**
 * A feed that follows a log. Behind an entry that may be the last, `endsBehind` is asked before anything further is delivered.
 */
export const createFeed = (
  entries: PushSource<LogEntry>,
  rules: {
    toEvent: (entry: LogEntry) => CursoredEvent;
    mayEndBehind: (entry: LogEntry) => boolean;
    endsBehind: (entry: LogEntry) => Promise<boolean>;
  },
): EventFeed =>
  withIterator({
    start(sink) {
      let isClosed = false;
      let isDeciding = false;
      let wantsMore = true;
      let hasLast = false;

      const end = (error: unknown): void => {
        if (isClosed) return;
        isClosed = true;
        control.close();
        sink.ended(error);
      };
      /** Ends, too, only when the subscriber is ready: it may still be making something of the last event. */
      const goOn = (): void => {
        if (hasLast) end(null);
        else control.resume();
      };
      const decide = async (entry: LogEntry): Promise<void> => {
        const isLast = await rules.endsBehind(entry);
        isDeciding = false;
        hasLast = isLast;
        if (wantsMore) goOn();
      };
      const control = entries.start({
        take(entry) {
          wantsMore = sink.take(rules.toEvent(entry));
          if (!rules.mayEndBehind(entry)) return wantsMore;
          isDeciding = true;
          decide(entry).catch(end);
          return false;
        },
        ended: end,
      });

      return {
        resume() {
          wantsMore = true;
          if (!isDeciding && !isClosed) goOn();
        },
        close() {
          isClosed = true;
          control.close();
        },
      };
    },
  });
