// oxlint-disable-next-line no-restricted-imports -- this file is the adapter
import { Redis } from 'ioredis';

// oxlint-disable-next-line no-restricted-imports -- this file is the adapter
export type { Redis } from 'ioredis';

/**
 * `requests`: fails within seconds while Redis is away, so that a client gets an answer. `patient`: waits for Redis to come back, for workers
 * whose job would otherwise fail for a restart. `subscriber`: takes part in nothing but pub/sub; the hub subscribes again by itself.
 */
export type RedisRole = 'requests' | 'patient' | 'subscriber';

const commandTimeoutMs = 5_000;
const reconnectMs = (tries: number): number => Math.min(50 * 2 ** Math.min(tries, 6), 2_000);

/** A connection that reconnects for ever. `onError` hears of every lost or refused connection. */
export function createRedis(options: {
  url: string;
  role: RedisRole;
  name: string;
  onError: (error: Error) => void;
}): Redis {
  const redis = new Redis(options.url, {
    connectionName: options.name,
    retryStrategy: reconnectMs,
    ...(options.role === 'requests'
      ? { maxRetriesPerRequest: 1, commandTimeout: commandTimeoutMs }
      : { maxRetriesPerRequest: null }),
    ...(options.role === 'subscriber' ? { autoResubscribe: false } : {}),
  });
  redis.on('error', options.onError);
  return redis;
}

const unavailableNames: ReadonlySet<string> = new Set([
  'MaxRetriesPerRequestError',
  'AbortError',
  'ClusterAllFailedError',
]);
const unavailableMessages = new Set(['Command timed out', 'Connection is closed.']);

/** Whether an error says that Redis could not be reached, as opposed to refusing a command. */
export const isRedisUnavailable = (error: unknown): boolean =>
  error instanceof Error && (unavailableNames.has(error.name) || unavailableMessages.has(error.message));
