import { createHash } from 'node:crypto';
// oxlint-disable-next-line no-restricted-imports -- this file is the adapter
import type { Cluster, Redis } from 'ioredis';
import { parseLeaseId, toDecision } from './admission-answer.ts';
import type {
  Admission,
  AdmissionControl,
  AdmissionDecision,
  AdmissionRequest,
  Lease,
  Settlement,
} from './admission-port.ts';
import { admitScript } from './admission-script.ts';
import { checkLimits, checkRequest, checkSettlement } from './check-request.ts';
import { candidatesArg, parseAnswer, parseSnapshot, settlementArgs } from './script-codec.ts';
import type { ScriptName } from './script-frame.ts';
import { keyNamesOf } from './script-frame.ts';
import { backOffScript, renewScript, resetScript, settleScript, snapshotScript } from './settlement-script.ts';
import type { ThrottleLimits } from './throttle-limits.ts';
import { ownLimitsOf, targetOf } from './throttle-limits.ts';

type RedisAdmissionOptions = {
  /** Stays the caller's to close. Commands that it repeats after a lost connection do no harm. */
  readonly redis: Redis | Cluster;
  /** Start of every key. */
  readonly prefix: string;
  readonly limits: ThrottleLimits;
  /** Left out: the Redis server's clock, the only one that all workers share. */
  readonly clock?: { now(): number };
};

/** The five layers for every process that uses the same Redis and prefix. Each method is one round trip. */
export function createRedisAdmission({
  redis,
  prefix,
  limits,
  clock,
}: RedisAdmissionOptions): Admission & AdmissionControl {
  checkLimits(limits);
  const run = createRunner(redis, scriptsOf(limits), () => clock?.now() ?? 0);
  // One hash tag: all keys lie on one node of a cluster.
  const keyOf = (name: string): string => `${prefix}:{throttle}:${name}`;
  const keysOf = (script: ScriptName): string[] => keyNamesOf(script).map(keyOf);
  const keys = { admit: keysOf('admit'), renew: keysOf('renew'), settle: keysOf('settle'), all: keysOf('snapshot') };

  const settle = async (lease: Lease, settlement: Settlement): Promise<void> => {
    checkSettlement(settlement);
    const { seq, holder } = parseLeaseId(lease.id);
    const ownTokens = keyOf(`tokens:${targetOf(lease)}`);
    await run('settle', [...keys.settle, ownTokens], [holder, seq, ...settlementArgs(settlement)]);
  };

  const ask = async (request: AdmissionRequest): Promise<AdmissionDecision> => {
    const ownKeys = request.candidates
      .filter(({ modelKey }) => ownLimitsOf(limits, modelKey))
      .flatMap((candidate) => [keyOf(`requests:${targetOf(candidate)}`), keyOf(`tokens:${targetOf(candidate)}`)]);
    const args = [request.holder, request.priority, candidatesArg(request.candidates)];
    return toDecision(parseAnswer(await run('admit', [...keys.admit, ...ownKeys], args)), request);
  };

  return {
    settle,
    async admit(request, signal) {
      checkRequest(request);
      signal.throwIfAborted();
      const asked = ask(request);
      try {
        return await unlessAborted(asked, signal);
      } catch (error) {
        // What was admitted nobody will use. Should this fail as well, the lease ends by itself.
        if (signal.aborted) void asked.then((decision) => giveBack(decision, settle)).catch(() => {});
        throw error;
      }
    },
    async renew(lease) {
      const { seq, holder } = parseLeaseId(lease.id);
      return (await run('renew', keys.renew, [holder, seq])) === 1;
    },
    async backOff(holder, waitMs) {
      await run('backOff', keys.all, [holder, Math.max(0, Math.ceil(waitMs))]);
    },
    async reset(modelKey, region) {
      await run('reset', keysOf('reset'), ['', modelKey, region ?? '']);
    },
    async snapshot() {
      return parseSnapshot(await run('snapshot', keys.all, ['']), limits);
    },
  };
}

/** An abort is heard at once, even while Redis does not answer. */
function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

const giveBack = async (decision: AdmissionDecision, settle: Admission['settle']): Promise<void> => {
  if (decision.outcome === 'admitted') await settle(decision.lease, { result: { result: 'neutral' }, usage: null });
};

const scriptsOf = (limits: ThrottleLimits): Readonly<Record<ScriptName, string>> => ({
  admit: admitScript(limits),
  renew: renewScript(limits),
  settle: settleScript(limits),
  backOff: backOffScript(limits),
  reset: resetScript(limits),
  snapshot: snapshotScript(limits),
});

type Run = (name: ScriptName, keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>;

/** By hash; with its text where the server does not know it, after its start for example. */
function createRunner(
  redis: Redis | Cluster,
  scripts: Readonly<Record<ScriptName, string>>,
  timeMs: () => number,
): Run {
  const shaOf = new Map(
    Object.entries(scripts).map(([name, text]) => [name, createHash('sha1').update(text).digest('hex')]),
  );
  return async (name, keys, args) => {
    const rest = [keys.length, ...keys, timeMs(), ...args] as const;
    try {
      return await redis.evalsha(shaOf.get(name) ?? '', ...rest);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return await redis.eval(scripts[name], ...rest);
    }
  };
}
