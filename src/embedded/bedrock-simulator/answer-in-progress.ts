import type { ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import type { AnswerFault } from './fault-types.ts';
import type { Generation } from './generation.ts';
import type { CacheUse } from './prompt-cache.ts';
import type { ReceivedRequest } from './request-rules.ts';

/** All that is needed to give one answer, and how far it has come. */
export type AnswerInProgress = {
  readonly request: ReceivedRequest;
  readonly generation: Generation;
  readonly cacheUse: CacheUse;
  readonly fault: AnswerFault | null;
  readonly response: ServerResponse;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly tokensPerSecond: number;
  readonly startedAtMs: number;
  sentTokens: number;
};

/** `broken`: ended in another way than a client may hope for. */
export type AnswerOutcome = 'completed' | 'broken';

export const tokenIntervalMs = ({ fault, tokensPerSecond }: AnswerInProgress): number =>
  fault?.kind === 'slow-drip' ? fault.tokenIntervalMs : 1_000 / tokensPerSecond;

/** What the request used up to now. The total has everything in it; inputTokens only what was neither read from the cache nor put there. */
export function usageOf({ request, cacheUse, sentTokens }: AnswerInProgress) {
  const cached = cacheUse.readTokens + cacheUse.writeTokens;
  const inputTokens = Math.max(0, request.inputTokens - cached);
  return {
    inputTokens,
    outputTokens: sentTokens,
    totalTokens: inputTokens + cached + sentTokens,
    cacheReadInputTokens: cacheUse.readTokens,
    cacheWriteInputTokens: cacheUse.writeTokens,
  };
}

export const latencyMs = ({ clock, startedAtMs }: AnswerInProgress): number =>
  Math.round(clock.monotonic() - startedAtMs);
