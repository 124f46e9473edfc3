import { sumBy } from 'es-toolkit/math/sumBy';
import { builder } from './builder.ts';

type UsageData = {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly costUsd: number;
};

export const Usage = builder.objectRef<UsageData>('Usage').implement({
  description: 'What was used and what it cost, failed and superseded invocations included.',
  fields: (t) => ({
    inputTokens: t.expose('inputTokens', { type: 'SafeInt', description: 'Sent, cached ones not counted.' }),
    outputTokens: t.expose('outputTokens', { type: 'SafeInt', description: 'Answered, thinking included.' }),
    cacheReadTokens: t.expose('cacheReadTokens', { type: 'SafeInt', description: "Read from the provider's cache." }),
    cacheWriteTokens: t.expose('cacheWriteTokens', {
      type: 'SafeInt',
      description: "Written to the provider's cache.",
    }),
    costUsd: t.exposeFloat('costUsd', { description: "At the catalog's prices." }),
  }),
});

/** Of several invocations together. */
export const totalUsage = (attempts: readonly UsageData[]): UsageData => ({
  inputTokens: sumBy(attempts, (attempt) => attempt.inputTokens),
  outputTokens: sumBy(attempts, (attempt) => attempt.outputTokens),
  cacheReadTokens: sumBy(attempts, (attempt) => attempt.cacheReadTokens),
  cacheWriteTokens: sumBy(attempts, (attempt) => attempt.cacheWriteTokens),
  costUsd: sumBy(attempts, (attempt) => attempt.costUsd),
});
