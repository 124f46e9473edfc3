import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { systemClock } from '../../src/clock.ts';
import { createEventLog } from '../../src/events/event-log.ts';
import { createHub } from '../../src/events/hub.ts';
import { findPackageRoot } from '../../src/package-root.ts';

/*
 * How an event gets to each server: over the event log by the product's own code, or as the server's pub/sub expects it. What clients get is
 * the same JSON, but for the form of the cursor.
 */

export type SenderKind = 'event-log' | 'json' | 'whole-frame' | 'mqemitter';

/** The two things that can be followed: the log of an analysis, and that of its document, which holds a copy of it. */
export type Source = { readonly documentId: string; readonly analysisId: string };
export type Followed = 'document' | 'analysis';

export type Sender = {
  /** Resolves when Redis has taken it. */
  send(source: Source, text: string): Promise<void>;
  /** Removes what is kept of all that was sent. */
  forget(): Promise<void>;
  close(): void;
};

type SenderOptions = {
  readonly kind: SenderKind;
  readonly redisUrl: string;
  readonly redisPrefix: string;
  readonly follows: Followed;
};

export function createSender(options: SenderOptions): Sender {
  if (options.kind === 'event-log') return createLogSender(options);
  const topicOf = (source: Source): string => (options.follows === 'document' ? source.documentId : source.analysisId);
  if (options.kind === 'mqemitter') return createMqemitterSender(options, topicOf);
  const redis = new Redis(options.redisUrl);
  const encode = options.kind === 'json' ? JSON.stringify : frameOf(options.follows);
  return {
    send: async (source, text) => void (await redis.publish(topicOf(source), encode(nextEvent(text)))),
    forget: async () => undefined,
    close: () => redis.disconnect(),
  };
}

function createLogSender({ redisUrl, redisPrefix }: SenderOptions): Sender {
  const redis = new Redis(redisUrl);
  const subscriber = new Redis(redisUrl, { lazyConnect: true });
  const log = createEventLog({
    redis,
    hub: createHub(subscriber),
    prefix: redisPrefix,
    clock: systemClock,
    retentionMs: 3_600_000,
    coalesceMs: 50,
  });
  return {
    async send({ documentId, analysisId }, text) {
      const status = await log.append({ documentId, id: analysisId }, 1, { type: 'thinking:delta', analysisId, text });
      if (status !== 'ok') throw new Error(`The event log refused an event: ${status}.`);
    },
    async forget() {
      for await (const keys of redis.scanStream({ match: `${redisPrefix}:{doc_*`, count: 1_000 }))
        if ((keys as string[]).length > 0) await redis.unlink(keys as string[]);
    },
    close() {
      redis.disconnect();
      subscriber.disconnect();
    },
  };
}

// Installed under bench/ only.
const emitterPackage = 'mqemitter-redis';

type Emitter = {
  emit(message: { topic: string; payload: unknown }, done: (error?: Error) => void): void;
  close(done: () => void): void;
};

function createMqemitterSender({ redisUrl }: SenderOptions, topicOf: (source: Source) => string): Sender {
  const require = createRequire(join(findPackageRoot(), 'bench', 'package.json'));
  const createEmitter = require(emitterPackage) as (options: { connectionString: string }) => Emitter;
  const emitter = createEmitter({ connectionString: redisUrl });
  return {
    send: (source, text) =>
      new Promise((resolve, reject) => {
        const done = (error?: Error): void => (error ? reject(error) : resolve());
        emitter.emit({ topic: topicOf(source), payload: nextEvent(text) }, done);
      }),
    forget: async () => undefined,
    close: () => emitter.close(() => undefined),
  };
}

let sent = 0;

/** Its cursor is as long as one of the product's. */
function nextEvent(text: string) {
  sent += 1;
  return { cursor: String(sent).padStart(30, '0'), at: new Date().toISOString(), attempt: 1, text };
}

/** The whole message that a GraphQL server would send, made by the publisher; its id is as long as those that clients make up. */
const frameOf = (follows: Followed) => (event: ReturnType<typeof nextEvent>) =>
  JSON.stringify({
    id: '00000000-0000-4000-8000-000000000000',
    type: 'next',
    payload: { data: { [`${follows}Events`]: { __typename: 'ThinkingDelta', ...event } } },
  });
