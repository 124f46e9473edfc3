import type { Redis } from 'ioredis';
import { parseBreaker, parseCooldown } from '../../../src/throttle/script-codec.ts';
import type { ThrottleState, Use } from '../../../src/throttle/throttle-state.ts';

type Plain = Record<string, unknown>;

/** All that the reference model knows, in a form that can be compared. */
export function plainOf(state: ThrottleState): Plain {
  return {
    time: state.time,
    seq: state.seq,
    fleet: plainUse(state.fleet),
    own: plain(state.own, plainUse),
    leases: plain(state.leases),
    cooldowns: plain(state.cooldowns),
    breakers: plain(state.breakers),
    line: plain(state.line),
    backoffs: plain(state.backoffs),
    estimates: plain(state.estimates),
    means: [state.meanDurationMs, state.meanChargeTokens],
  };
}

const plainUse = ({ queue, budget }: Use): Plain => ({
  stamps: queue.stampsMs,
  running: queue.running,
  entries: budget.entries.map((entry) => [entry.atMs, `${entry.id}:${entry.tokens}`] as const).sort(byName),
  total: budget.total,
});

const byName = ([, a]: readonly [number, string], [, b]: readonly [number, string]): number => (a < b ? -1 : 1);

const plain = <V>(map: ReadonlyMap<string, V>, of: (value: V) => unknown = (value) => value): Plain =>
  Object.fromEntries([...map].map(([key, value]) => [key, of(value)]));

const coreNames =
  'now shift seq requests oldestRequest tokens oldestTokens running nextEnd waiting retryUntil meanDuration meanCharge'.split(
    ' ',
  );

/** The same, from the raw keys that the scripts keep. Counts that they keep beside the collections are checked against these here. */
export async function readPlain(redis: Redis, prefix: string, targets: readonly string[]): Promise<Plain> {
  const key = (name: string): string => `${prefix}:{throttle}:${name}`;
  const zset = async (name: string): Promise<[string, number][]> =>
    pairs(await redis.zrange(key(name), '0', '-1', 'WITHSCORES')).map(([k, v]) => [k, Number(v)]);
  const [state, packed, models, leases, line, due, backoffs] = await Promise.all([
    redis.hgetall(key('state')),
    redis.hgetallBuffer(key('state')),
    redis.hgetall(key('models')),
    zset('leases'),
    zset('line'),
    zset('due'),
    zset('retries'),
  ]);
  const coreAt = new Map(coreNames.map((name, index) => [name, packed['core']?.readDoubleLE(index * 8) ?? 0]));
  const number = (field: string): number => coreAt.get(field) ?? Number(state[field] ?? 0);
  const use = async (suffix: string, keySuffix: string): Promise<Plain> => {
    const [stamps, entries] = await Promise.all([
      redis.lrange(key(`requests${keySuffix}`), 0, -1),
      zset(`tokens${keySuffix}`),
    ]);
    const total = entries.reduce((sum, [entry]) => sum + Number(entry.split(':')[1]), 0);
    if (number(`requests${suffix}`) !== stamps.length)
      throw new Error(`counted ${number(`requests${suffix}`)} requests, there are ${stamps.length}`);
    if (number(`tokens${suffix}`) !== total)
      throw new Error(`counted ${number(`tokens${suffix}`)} tokens, there are ${total}`);
    return {
      stamps: stamps.map(Number),
      running: number(`running${suffix}`),
      entries: entries.map(([entry, at]) => [at, entry] as const).sort(byName),
      total,
    };
  };
  if (number('running') !== leases.length)
    throw new Error(`counted ${number('running')} running, there are ${leases.length}`);
  if (number('waiting') !== line.length || due.length !== line.length)
    throw new Error(`counted ${number('waiting')} waiting, there are ${line.length}`);
  const known = targets.filter((target) => state[`running@${target}`] !== undefined);
  const own = await Promise.all(known.map(async (target) => [target, await use(`@${target}`, `:${target}`)] as const));
  return {
    time: { lastMs: number('now'), shiftMs: number('shift') },
    seq: number('seq'),
    fleet: await use('', ''),
    own: Object.fromEntries(own),
    leases: Object.fromEntries(
      leases.map(([holder, endsMs]) => [holder, readLease(packed[`lease:${holder}`], endsMs)]),
    ),
    cooldowns: fieldsOf(models, 'cooldown:', parseCooldown),
    breakers: fieldsOf(models, 'breaker:', parseBreaker),
    line: Object.fromEntries(
      line.map(([holder, order]) => [
        holder,
        readWaiter(state[`claim:${holder}`] ?? '', order, Number(new Map(due).get(holder))),
      ]),
    ),
    backoffs: Object.fromEntries(backoffs),
    estimates: fieldsOf(models, 'estimate:', Number),
    means: [number('meanDuration'), number('meanCharge')],
  };
}

function readLease(packed: Buffer | undefined, endsMs: number): Plain {
  const [seq, atMs, reserveTokens, estimatedInputTokens, outputBurndown] = [0, 8, 16, 24, 32].map((at) =>
    packed?.readDoubleLE(at),
  );
  return {
    seq,
    atMs,
    endsMs,
    reserveTokens,
    estimatedInputTokens,
    outputBurndown,
    isProbe: packed?.[40] === 1,
    hasOwnLimits: packed?.[41] === 1,
    target: packed?.subarray(42).toString(),
  };
}

function readWaiter(text: string, order: number, dueMs: number): Plain {
  const [reserveTokens, joinedMs, target] = text.split(' ');
  return { order, joinedMs: Number(joinedMs), dueMs, reserveTokens: Number(reserveTokens), target };
}

const fieldsOf = (hash: Record<string, string>, start: string, parse: (text: string) => unknown): Plain =>
  Object.fromEntries(
    Object.entries(hash)
      .filter(([field]) => field.startsWith(start))
      .map(([field, value]) => [field.slice(start.length), parse(value)] as const),
  );

const pairs = (flat: readonly string[]): [string, string][] =>
  flat.flatMap((key, index): [string, string][] => (index % 2 === 0 ? [[key, flat[index + 1] ?? '']] : []));
