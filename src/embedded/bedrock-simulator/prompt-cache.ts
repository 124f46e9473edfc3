import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { ContentBlock } from './converse-request.ts';
import type { ReceivedRequest } from './request-rules.ts';
import { estimateTokens } from './tokens.ts';

/**
 * Prompt caching as Bedrock charges it. A cache point keeps everything before it for 5 minutes (or an hour, if it says so) from its last
 * use, per model id and region; below the model's minimum it is silently ignored.
 */
export type CacheUse = { readonly readTokens: number; readonly writeTokens: number };

export type PromptCache = {
  /** Looks the request's prefixes up and keeps them. */
  use(scope: string, request: ReceivedRequest): CacheUse;
};

type Prefix = { readonly key: string; readonly tokens: number; readonly ttlMs: number };

const ttlMs = { '5m': 5 * 60_000, '1h': 60 * 60_000 } as const;
const maxEntries = 1_000;

export function createPromptCache(clock: Clock): PromptCache {
  const expiresAt = new Map<string, number>();

  function keep(prefix: Prefix): void {
    // Deleted first, so that the map is ordered by use and the one dropped is the longest unused.
    expiresAt.delete(prefix.key);
    expiresAt.set(prefix.key, clock.monotonic() + prefix.ttlMs);
    const oldest = expiresAt.keys().next();
    if (expiresAt.size > maxEntries && !oldest.done) expiresAt.delete(oldest.value);
  }

  return {
    use(scope, request) {
      const prefixes = readPrefixes(scope, request);
      const known = prefixes.findLast((prefix) => (expiresAt.get(prefix.key) ?? -Infinity) > clock.monotonic());
      for (const prefix of prefixes) keep(prefix);
      const readTokens = known?.tokens ?? 0;
      return { readTokens, writeTokens: (prefixes.at(-1)?.tokens ?? 0) - readTokens };
    },
  };
}

/** The prefixes that end in a cache point and are long enough, shortest first. */
function readPrefixes(scope: string, { model, body }: ReceivedRequest): Prefix[] {
  const blocks: ContentBlock[] = [
    ...(body.system ?? []),
    ...(body.messages ?? []).flatMap((message) => [{ text: `\u0000${message.role}` }, ...message.content]),
  ];
  const hash = createHash('sha256').update(scope);
  const prefixes: Prefix[] = [];
  let text = '';
  for (const block of blocks) {
    if (block.text !== undefined) {
      hash.update(`\u0001${block.text}`);
      text += block.text;
    }
    const tokens = block.cachePoint === undefined ? 0 : estimateTokens(text, model.tokenFactor);
    if (block.cachePoint !== undefined && tokens >= model.minCacheTokens) {
      prefixes.push({ key: hash.copy().digest('hex'), tokens, ttlMs: ttlMs[block.cachePoint.ttl ?? '5m'] });
    }
  }
  return prefixes;
}
