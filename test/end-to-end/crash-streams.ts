import { WebSocket } from 'ws';
import { EventsExpiredError, followOverSse, followOverWebSocket } from '../../client-examples/resume.ts';
import { subscriptionTo, type EventField, type StreamedEvent } from '../support/prism.ts';
import type { TcpProxy } from '../support/tcp-proxy.ts';
import type { CrashSite } from './crash-site.ts';

export type Subject = { readonly field: EventField; readonly id: string; readonly after: string | null };
export type Transport = 'WebSocket' | 'SSE';

/** A client that writes down what it is told, and the cursor of the last event with it: all that is left of it when it is killed. */
export type Stream = {
  readonly subject: Subject;
  readonly transport: Transport;
  readonly line: TcpProxy;
  readonly seen: readonly StreamedEvent[];
  /** Why its connections ended. */
  readonly drops: readonly string[];
  /** How often it was told that its cursor can no longer be honoured, and began anew at the cursor that is read. */
  expired(): number;
  hasEnded(): boolean;
  /** Calls back, once, when it has seen so many events. */
  at(count: number, callback: () => void): void;
  /** Ends the client where it stands and starts another with what it wrote down. */
  kill(): void;
  /** Resolves with the first event. */
  readonly begun: Promise<void>;
  /** Resolves behind the end of the stream. */
  readonly ended: Promise<void>;
};

const cursorOf = (event: StreamedEvent): string => event.cursor;

/** All that is there, on a line that nothing disturbs. */
export async function readStream(url: string, { field, id, after }: Subject): Promise<StreamedEvent[]> {
  const all: StreamedEvent[] = [];
  const options = { url, query: subscriptionTo(field), variables: { id, after }, cursorOf, baseDelayMs: 50 };
  for await (const event of followOverSse<StreamedEvent>(options)) all.push(event);
  return all;
}

/** Follows a subject to its end, whatever happens meanwhile. */
export async function startStream(
  { prism, openLine }: CrashSite,
  subject: Subject,
  transport: Transport,
): Promise<Stream> {
  const line = await openLine();
  const seen: StreamedEvent[] = [];
  const drops: string[] = [];
  const moments = new Map<number, () => void>();
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  let life = new AbortController();
  let hasEnded = false;
  let expired = 0;
  let from = subject.after;

  const connect = () => {
    const variables = { id: subject.id, after: seen.length === 0 ? from : cursorOf(seen.at(-1)) };
    const options = {
      url: line.url,
      query: subscriptionTo(subject.field),
      variables,
      cursorOf,
      signal: life.signal,
      baseDelayMs: 20,
      maxDelayMs: 500,
      maxFailures: 200,
      silenceMs: 20_000,
      onDrop: ({ reason }: { reason: string }) => void drops.push(reason),
    };
    return transport === 'SSE'
      ? followOverSse<StreamedEvent>(options)
      : followOverWebSocket<StreamedEvent>({ ...options, webSocketImpl: WebSocket });
  };

  async function live(): Promise<'ended' | 'killed'> {
    const { signal } = life;
    for await (const event of connect()) {
      if (signal.aborted) return 'killed';
      seen.push(event);
      begin();
      const callback = moments.get(seen.length);
      moments.delete(seen.length);
      callback?.();
    }
    return signal.aborted ? 'killed' : 'ended';
  }

  async function follow(): Promise<void> {
    for (;;) {
      try {
        if ((await live()) === 'ended') return;
        life = new AbortController();
      } catch (error) {
        if (!(error instanceof EventsExpiredError)) throw error;
        expired += 1;
        from = await readCursor(prism, subject);
        seen.length = 0;
      }
    }
  }

  return {
    subject,
    transport,
    line,
    seen,
    drops,
    expired: () => expired,
    hasEnded: () => hasEnded,
    at: (count, callback) => void moments.set(count, callback),
    kill: () => life.abort(),
    begun,
    ended: follow().finally(() => (hasEnded = true)),
  };
}

async function readCursor({ ask }: CrashSite['prism'], { field, id }: Subject): Promise<string> {
  const name = field === 'documentEvents' ? 'document' : 'analysis';
  const data = await ask(`query($id: ID!) { ${name}(id: $id) { eventsCursor } }`, { id });
  return data[name].eventsCursor;
}
