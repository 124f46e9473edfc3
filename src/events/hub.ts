// oxlint-disable-next-line no-restricted-imports -- this file is an adapter
import type { Redis } from 'ioredis';
import { decodeMessage } from './entry-codec.ts';
import type { LogEntry } from './event-types.ts';

export type HubListener = {
  onEntry(entry: LogEntry): void;
  /** The connection was away: entries may have been missed. */
  onResync(): void;
};

/**
 * One Redis subscriber connection for the whole process, one SUBSCRIBE per channel however many listen, one decoding per message.
 *
 * Guarantees: `subscribe` resolves only when Redis has acknowledged, so what is read afterwards leaves no hole; after a reconnect every
 * listener gets `onResync`, and only when its channel is subscribed again. A line that died in silence is noticed within two heartbeats
 * and replaced. Not guaranteed: delivery. Pub/sub loses messages while the connection is away, which is why listeners fill from the log.
 */
export type Hub = {
  subscribe(channel: string, listener: HubListener): Promise<() => void>;
  /** For tests and metrics. */
  channelCount(): number;
  close(): Promise<void>;
};

type Channel = { readonly listeners: Set<HubListener>; acknowledged: Promise<unknown> };

// Nothing is sent on a subscriber's connection, so that TCP alone would take hours to notice that nobody is there.
const defaultHeartbeatMs = 5_000;

/** Null for what the log did not publish: somebody else's message must not end the process. */
function tryDecode(message: string): LogEntry | null {
  try {
    return decodeMessage(message);
  } catch {
    return null;
  }
}

/** `redis` must be a connection of its own, made with `autoResubscribe: false`. */
export function createHub(redis: Redis, heartbeatMs = defaultHeartbeatMs): Hub {
  const channels = new Map<string, Channel>();
  let hasBeenReady = redis.status === 'ready';

  redis.on('message', (name: string, message: string) => {
    const channel = channels.get(name);
    if (!channel) return;
    const entry = tryDecode(message);
    for (const listener of channel.listeners) {
      if (entry) listener.onEntry(entry);
      else listener.onResync();
    }
  });

  redis.on('ready', () => {
    if (!hasBeenReady) {
      hasBeenReady = true;
      return;
    }
    for (const [name, channel] of channels) {
      channel.acknowledged = redis.subscribe(name);
      channel.acknowledged.then(
        () => channel.listeners.forEach((listener) => listener.onResync()),
        // The connection went away again; the next `ready` subscribes anew.
        () => undefined,
      );
    }
  });

  let isUnanswered = false;
  const heartbeat = setInterval(() => {
    if (redis.status !== 'ready') return;
    if (isUnanswered) {
      isUnanswered = false;
      redis.disconnect(true);
      return;
    }
    isUnanswered = true;
    const answered = (): void => void (isUnanswered = false);
    redis.ping().then(answered, answered);
  }, heartbeatMs);

  function leave(name: string, channel: Channel, listener: HubListener): void {
    if (!channel.listeners.delete(listener) || channel.listeners.size > 0) return;
    channels.delete(name);
    // Commands of one connection keep their order: a SUBSCRIBE that follows at once wins.
    redis.unsubscribe(name).catch(() => undefined);
  }

  return {
    async subscribe(name, listener) {
      let channel = channels.get(name);
      if (!channel) {
        channel = { listeners: new Set(), acknowledged: redis.subscribe(name) };
        channels.set(name, channel);
      }
      channel.listeners.add(listener);
      const joined = channel;
      try {
        await joined.acknowledged;
      } catch (error) {
        leave(name, joined, listener);
        throw error;
      }
      return () => leave(name, joined, listener);
    },
    channelCount: () => channels.size,
    async close() {
      clearInterval(heartbeat);
      channels.clear();
      redis.disconnect();
    },
  };
}
