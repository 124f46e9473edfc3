import type { Clock } from '../../clock.ts';
import type { ServiceError } from './service-error.ts';

/**
 * Quotas as Bedrock keeps them, per model id and region over any 60 s. At its start a request reserves its input and its whole max_tokens;
 * at its end the reservation becomes what it really used: input and cache writes once, output several times. A request that is refused is
 * not counted.
 */
export type Quota = { readonly requestsPerMinute: number; readonly tokensPerMinute: number };

type Reservation =
  | { readonly outcome: 'granted'; settle(chargedTokens: number): void }
  | { readonly outcome: 'throttled'; readonly error: ServiceError };

export type QuotaMeter = { reserve(scope: string, tokens: number): Reservation };

const windowMs = 60_000;

export const tooManyTokens = 'Too many tokens, please wait before trying again.';
export const tooManyRequests = 'Too many requests, please wait before trying again.';

export const throttlingError = (message: string, retryAfterSeconds?: number): ServiceError => ({
  status: 429,
  type: 'ThrottlingException',
  message,
  retryAfterSeconds,
});

export function createQuotaMeter(quota: Quota, clock: Clock): QuotaMeter {
  const charges = new Map<string, { at: number; tokens: number }[]>();

  return {
    reserve(scope, tokens) {
      const now = clock.monotonic();
      const recent = (charges.get(scope) ?? []).filter((charge) => charge.at > now - windowMs);
      charges.set(scope, recent);
      if (recent.length >= quota.requestsPerMinute) {
        return { outcome: 'throttled', error: throttlingError(tooManyRequests) };
      }
      const used = recent.reduce((sum, charge) => sum + charge.tokens, 0);
      if (used + tokens > quota.tokensPerMinute) {
        return { outcome: 'throttled', error: throttlingError(tooManyTokens) };
      }
      const charge = { at: now, tokens };
      recent.push(charge);
      return {
        outcome: 'granted',
        settle(chargedTokens) {
          charge.tokens = chargedTokens;
        },
      };
    },
  };
}
