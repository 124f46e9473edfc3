import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { findPackageRoot } from '../../src/package-root.ts';

/*
 * Two limiters for Redis that are used much, set up to do what layers 1 and 2 do as far as they can: so many requests and so many tokens a
 * minute, so many at once. Neither settles by what was used, nor gives a dead holder's place back.
 */
export type Peer = { readonly name: string; readonly pair: () => Promise<void>; readonly close: () => Promise<void> };

type FlexibleModule = {
  RateLimiterRedis: new (options: object) => { consume(key: string, points?: number): Promise<unknown> };
};
type Limiter = {
  chain(next: Limiter): Limiter;
  ready(): Promise<unknown>;
  schedule(options: { weight: number }, work: () => Promise<void>): Promise<void>;
  disconnect(flush: boolean): Promise<void>;
};
type BottleneckClass = {
  new (options: object): Limiter;
  IORedisConnection: new (options: { client: Redis }) => object;
};

const reserveTokens = 3_900;

/** Empty where they are not installed: `npm ci --prefix bench`. */
export async function createPeers(redis: Redis): Promise<Peer[]> {
  const home = join(findPackageRoot(), 'bench');
  if (!existsSync(join(home, 'node_modules'))) return [];
  const require = createRequire(join(home, 'package.json'));
  return [
    flexible(redis, require('rate-limiter-flexible') as FlexibleModule),
    await bottleneck(redis, require('bottleneck') as BottleneckClass),
  ];
}

/** Requests, then tokens, each a round trip of its own: a request that the second refuses has been counted by the first. No limit at once. */
function flexible(storeClient: Redis, { RateLimiterRedis }: FlexibleModule): Peer {
  const requests = new RateLimiterRedis({ storeClient, keyPrefix: 'flexible:requests', points: 1e9, duration: 60 });
  const tokens = new RateLimiterRedis({ storeClient, keyPrefix: 'flexible:tokens', points: 1e12, duration: 60 });
  return {
    name: 'rate-limiter-flexible',
    async pair() {
      await requests.consume('all');
      await tokens.consume('all', reserveTokens);
    },
    close: async () => undefined,
  };
}

/** Two limiters in a chain, for requests and places and for tokens as weights; a job is registered, run and freed at both. */
async function bottleneck(redis: Redis, Bottleneck: BottleneckClass): Promise<Peer> {
  const connection = new Bottleneck.IORedisConnection({ client: redis });
  const shared = { connection, reservoirRefreshInterval: 60_000 };
  const requests = new Bottleneck({
    ...shared,
    id: 'requests',
    maxConcurrent: 1e6,
    reservoir: 1e9,
    reservoirRefreshAmount: 1e9,
  });
  const tokens = new Bottleneck({ ...shared, id: 'tokens', reservoir: 1e12, reservoirRefreshAmount: 1e12 });
  requests.chain(tokens);
  await Promise.all([requests.ready(), tokens.ready()]);
  return {
    name: 'bottleneck',
    pair: () => requests.schedule({ weight: reserveTokens }, async () => undefined),
    async close() {
      await requests.disconnect(false);
      await tokens.disconnect(false);
    },
  };
}
