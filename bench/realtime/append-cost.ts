import { Redis } from 'ioredis';
import { median } from '../support/statistics.ts';
import { loadText } from './load-text.ts';
import { redisPrefix } from './contenders.ts';
import { createSender, type Source } from './senders.ts';
import { textBytes } from './delivery.ts';

/*
 * What the log's guarantees cost at the writer's end. An append of ours writes two logs (the analysis's and the document's), publishes on
 * two channels, checks the fence and sets expiries, in one script. It is compared with a stream entry that is added and published, and with
 * doing that twice: commands in one pipeline, without any guarantee between them. One subscriber listens, as an API process would.
 */

export type AppendCost = { readonly redisUs: number; readonly aloneUs: number; readonly manyUs: number };

const inFlight = 32;

export async function measureAppends(
  redisUrl: string,
  source: Source,
  of: { rounds: number; appends: number },
): Promise<ReadonlyMap<string, readonly AppendCost[]>> {
  const redis = new Redis(redisUrl);
  const listener = new Redis(redisUrl);
  const log = createSender({ kind: 'event-log', redisUrl, redisPrefix, follows: 'analysis' });
  const key = (id: string): string => `${redisPrefix}:{${source.documentId}}:log:${id}`;
  const [bareKey, copyKey] = [`${redisPrefix}:{doc_bare}:one`, `${redisPrefix}:{doc_bare}:two`];
  await listener.subscribe(key(source.analysisId), bareKey);

  const addAndPublish =
    (...keys: string[]) =>
    async (text: string): Promise<void> => {
      const at = new Date().toISOString();
      const { analysisId } = source;
      const payload = JSON.stringify({ at, attempt: 1, data: { type: 'thinking:delta', analysisId, text } });
      const pipeline = redis.pipeline();
      for (const name of keys) pipeline.xadd(name, '*', 'e', payload).publish(name, payload);
      await pipeline.exec();
    };
  const ways: Readonly<Record<string, (text: string) => Promise<void>>> = {
    'XADD + PUBLISH': addAndPublish(bareKey),
    'twice that': addAndPublish(bareKey, copyKey),
    'AI-Prism': (text) => log.send(source, text),
  };

  const costs = new Map<string, AppendCost[]>();
  for (let round = -1; round < of.rounds; round += 1) {
    for (const [name, append] of Object.entries(ways)) {
      const cost = await measure(redis, append, of.appends);
      if (round >= 0) costs.set(name, [...(costs.get(name) ?? []), cost]);
      await log.forget();
    }
  }
  log.close();
  listener.disconnect();
  redis.disconnect();
  return costs;
}

async function measure(redis: Redis, append: (text: string) => Promise<void>, count: number): Promise<AppendCost> {
  const aloneUs: number[] = [];
  const redisBeforeUs = await redisCpuUs(redis);
  for (let done = 0; done < count; done += 1) {
    const startedMs = performance.now();
    await append(loadText(0, textBytes));
    aloneUs.push((performance.now() - startedMs) * 1_000);
  }
  const redisUs = ((await redisCpuUs(redis)) - redisBeforeUs) / count;
  const startedMs = performance.now();
  for (let done = 0; done < count; done += inFlight)
    await Promise.all(Array.from({ length: inFlight }, () => append(loadText(0, textBytes))));
  const manyUs = ((performance.now() - startedMs) * 1_000) / (Math.ceil(count / inFlight) * inFlight);
  return { redisUs, aloneUs: median(aloneUs), manyUs };
}

async function redisCpuUs(redis: Redis): Promise<number> {
  const info = await redis.info('cpu');
  const seconds = ['used_cpu_user', 'used_cpu_sys'].map((name) =>
    Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1]),
  );
  return seconds.reduce((sum, value) => sum + value, 0) * 1_000_000;
}
