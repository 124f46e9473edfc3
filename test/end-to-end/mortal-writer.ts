import type { Redis } from 'ioredis';
import { systemClock } from '../../src/clock.ts';
import { createEventLog } from '../../src/events/event-log.ts';
import { createBedrockModelClient } from '../../src/models/bedrock-client.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createRedis } from '../../src/redis.ts';
import type { Services } from '../../src/services/services.ts';
import { defaultRetryPolicy } from '../../src/throttle/retry-backoff.ts';
import type { JobContext } from '../../worker/job-context.ts';
import { analyzeSection, type AnalyzeDeps } from '../../worker/jobs/analyze-section.ts';
import type { Prism } from '../support/prism.ts';
import { instructions } from '../support/review-request.ts';

/** Every write of an execution, to Postgres or to the log, in the order in which they begin. */
export type Life = {
  /** Does it, unless this life is over; a dead process neither writes nor hears an answer. */
  write<T>(what: string, run: () => Promise<T>): Promise<T>;
  readonly writes: readonly string[];
  readonly isOver: AbortSignal;
};

const never = new Promise<never>(() => undefined);

export type Death = {
  /** Whether it is this write, which begins behind `writes`. */
  readonly at: (what: string, writes: readonly string[]) => boolean;
  /** Behind the write, but before its answer; else before it. */
  readonly hasWritten: boolean;
};

export function createLife(death?: Death): Life {
  const writes: string[] = [];
  const over = new AbortController();
  let isDead = false;
  return {
    writes,
    isOver: over.signal,
    async write(what, run) {
      if (isDead) return never;
      isDead = death?.at(what, writes) ?? false;
      writes.push(what);
      if (!isDead) return run();
      // The last write is there before anybody hears of the death, and takes this one's place.
      if (death?.hasWritten) await run();
      over.abort();
      return never;
    },
  };
}

/** Executions of analyses in this process, each of which lives as long as it is given. */
export function createMortalWriters({ server, config }: Prism) {
  const { runtime } = server;
  const client = createBedrockModelClient({
    endpoint: config.bedrockEndpoint,
    credentials: null,
    clock: systemClock,
    firstTokenTimeoutMs: 10_000,
    idleTimeoutMs: 10_000,
    maxSockets: 10,
  });
  const redis = createRedis({ url: config.redisUrl ?? '', role: 'patient', name: 'test', onError: () => undefined });

  function eventsOf(life: Life): AnalyzeDeps['events'] {
    const { hub } = runtime;
    return createEventLog({
      redis: mortalRedis(redis, life),
      hub,
      prefix: config.redisPrefix,
      clock: systemClock,
      retentionMs: 60_000,
      coalesceMs: 20,
    });
  }

  const depsOf = (life: Life): AnalyzeDeps => ({
    services: mortalServices(runtime.services, life),
    events: eventsOf(life),
    fallback: {
      chain: runtime.catalog.chain,
      regions: config.bedrockRegions,
      admission: runtime.admission,
      client,
      clock: systemClock,
      random: Math.random,
      policy: { leaseTtlMs: 5_000, maxWaitInPlaceMs: 10_000, retry: defaultRetryPolicy },
    },
    instructions,
    requestLimits: {
      chain: runtime.catalog.chain,
      mostTokens: config.sectionTokens,
      tokensPerMinute: config.tokensPerMinute,
    },
    logger: createLogger({ name: 'test', level: 'silent', format: 'json' }),
    maxTokens: config.maxTokens,
    temperature: config.temperature,
    timeoutMs: 60_000,
  });

  return {
    /** Resolves when the execution has ended, or its life is over. */
    async run(analysisId: string, life: Life): Promise<void> {
      const death = new Promise((resolve) => life.isOver.addEventListener('abort', resolve));
      const context: JobContext = { signal: life.isOver, restartTimeLimit: () => undefined };
      const ended = analyzeSection(depsOf(life), { analysisId }, context);
      await Promise.race([ended, death]);
    },
    close(): void {
      client.close();
      redis.disconnect();
    },
  };
}

/** The script that appends is a write, all else is reading. */
const mortalRedis = (redis: Redis, life: Life): Redis =>
  new Proxy(redis, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const call = (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      return name === 'appendEvents' ? (...args: unknown[]) => life.write('append', async () => call(...args)) : call;
    },
  });

const mortalServices = (services: Services, life: Life): Services => ({
  ...services,
  analysisAttempts: new Proxy(services.analysisAttempts, {
    get(target, name: keyof Services['analysisAttempts']) {
      const method = target[name] as (...args: unknown[]) => Promise<unknown>;
      return (...args: unknown[]) => life.write(name, () => method(...args));
    },
  }),
});
