import { isEqual } from 'es-toolkit/predicate/isEqual';
import type { Clock } from '../clock.ts';
import { createSharedReads } from './shared-reads.ts';
import { watchChanges } from './watch-changes.ts';

export type HealthStatus = 'UP' | 'DEGRADED' | 'DOWN';

export type HealthCheck = {
  /** postgres, redis, storage, bedrock, workers */
  readonly name: string;
  readonly status: HealthStatus;
  readonly latencyMs: number | null;
  readonly detail: string | null;
};

export type Health = {
  /** DOWN when a part without which nothing works is down, DEGRADED when any is not UP. */
  readonly status: HealthStatus;
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly checks: readonly HealthCheck[];
};

/** Looks at one part: resolves when it is well, with a detail worth showing; rejects when it is not. */
export type Probe = {
  readonly name: string;
  /** The service as a whole is DOWN without it; otherwise DEGRADED. */
  readonly isVital: boolean;
  readonly check: (signal: AbortSignal) => Promise<{ status?: HealthStatus; detail?: string } | void>;
};

const probeTimeoutMs = 1_500;
const watchIntervalMs = 5_000;

/** All probes at once, each given up after 1.5 s, so that an answer is there within 2 s whatever hangs. */
export function createHealth(deps: { clock: Clock; version: string; probes: readonly Probe[] }) {
  const startedAt = deps.clock.monotonic();
  const shared = createSharedReads<Health>(deps.clock);

  async function run(probe: Probe): Promise<HealthCheck> {
    const began = deps.clock.monotonic();
    const signal = AbortSignal.timeout(probeTimeoutMs);
    const latency = (): number => Math.round((deps.clock.monotonic() - began) * 10) / 10;
    try {
      const found = await Promise.race([probe.check(signal), rejectOnAbort(signal)]);
      return { name: probe.name, status: found?.status ?? 'UP', latencyMs: latency(), detail: found?.detail ?? null };
    } catch (error) {
      const detail = signal.aborted ? `No answer within ${probeTimeoutMs} ms.` : describe(error);
      return { name: probe.name, status: 'DOWN', latencyMs: signal.aborted ? null : latency(), detail };
    }
  }

  async function check(): Promise<Health> {
    const checks = await Promise.all(deps.probes.map(run));
    const isDown = checks.some((check, index) => check.status === 'DOWN' && deps.probes[index]?.isVital);
    const isWell = checks.every((check) => check.status === 'UP');
    return {
      status: isDown ? 'DOWN' : isWell ? 'UP' : 'DEGRADED',
      version: deps.version,
      uptimeSeconds: Math.round((deps.clock.monotonic() - startedAt) / 1000),
      checks,
    };
  }

  return {
    check,

    /** Now, then whenever the state of a part changes; looked at every five seconds. */
    watch(): AsyncIterableIterator<Health> {
      const isSame = (a: Health, b: Health): boolean =>
        isEqual(a.checks.map(stateOf), b.checks.map(stateOf)) && a.status === b.status;
      return watchChanges(() => shared('health', check), { intervalMs: watchIntervalMs, clock: deps.clock, isSame });
    },

    /** One part alone; null for a name that is no part. */
    async checkOne(name: string): Promise<HealthCheck | null> {
      const probe = deps.probes.find((candidate) => candidate.name === name);
      return probe ? run(probe) : null;
    },
  };
}

const stateOf = ({ name, status }: HealthCheck) => ({ name, status });

const rejectOnAbort = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });

/** An error's own words name hosts and ports at most; of anything else only its kind is shown. */
const describe = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n').at(-1)?.trim().slice(0, 200) ?? error.name) : 'It failed.';
