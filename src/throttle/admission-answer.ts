import type { AdmissionDecision, AdmissionRequest, Lease, SkippedCandidate, ThrottleLayer } from './admission-port.ts';
import type { LimitWait } from './request-queue.ts';
import { placeOf } from './throttle-limits.ts';

/** What holds a request up, in the words of the script. */
export type WaitCause = LimitWait['cause'] | 'cooldown' | 'circuit' | 'backoff';

/**
 * What became of a candidate that was looked at and not taken, a letter each; `-`: at its model's own limit, which is no fault of
 * the model.
 */
export type SkipMark = 'C' | 'O' | 'R' | 'L' | '-';

/** The answer of the admission script and of its reference model. */
export type AdmissionAnswer =
  | {
      readonly outcome: 'admitted';
      readonly seq: number;
      readonly target: string;
      readonly isProbe: boolean;
      readonly skips: string;
    }
  | {
      readonly outcome: 'wait';
      readonly cause: WaitCause;
      readonly target: string;
      readonly waitMs: number;
      readonly expectedMs: number;
      readonly skips: string;
    }
  | { readonly outcome: 'unavailable'; readonly skips: string };

const layerOf: Readonly<Record<WaitCause, ThrottleLayer>> = {
  rate: 'REQUEST_QUEUE',
  concurrency: 'REQUEST_QUEUE',
  tokens: 'TOKEN_BUDGET',
  cooldown: 'MODEL_COOLDOWN',
  circuit: 'CIRCUIT_BREAKER',
  backoff: 'RETRY_BACKOFF',
};

const whyOf: Readonly<Record<string, SkippedCandidate['why']>> = {
  C: 'SKIPPED_COOLING_DOWN',
  O: 'SKIPPED_CIRCUIT_OPEN',
  R: 'SKIPPED_RETIRED',
  L: 'SKIPPED_TOO_LARGE',
};

/** A sequence number, which a later lease of the same holder does not share, and the holder. */
export const leaseIdOf = (seq: number, holder: string): string => `${seq}:${holder}`;

export function parseLeaseId(id: string): { seq: number; holder: string } {
  const colon = id.indexOf(':');
  return { seq: Number(id.slice(0, colon)), holder: id.slice(colon + 1) };
}

export function toDecision(answer: AdmissionAnswer, request: AdmissionRequest): AdmissionDecision {
  const skipped = request.candidates.flatMap(({ modelKey, region }, index): SkippedCandidate[] => {
    const why = whyOf[answer.skips[index] ?? ''];
    return why ? [{ modelKey, region, why }] : [];
  });
  switch (answer.outcome) {
    case 'admitted': {
      const lease: Lease = {
        id: leaseIdOf(answer.seq, request.holder),
        ...placeOf(answer.target),
        isProbe: answer.isProbe,
      };
      return { outcome: 'admitted', lease, skipped };
    }
    case 'wait': {
      const { waitMs, expectedMs, cause } = answer;
      return { outcome: 'wait', layer: layerOf[cause], waitMs, expectedMs, reason: reasonOf(answer), skipped };
    }
    case 'unavailable':
      return { outcome: 'unavailable', reason: unavailableReason(skipped), skipped };
  }
}

function reasonOf({ cause, target, expectedMs }: { cause: WaitCause; target: string; expectedMs: number }): string {
  const { modelKey, region } = placeOf(target);
  const seconds = `${(expectedMs / 1_000).toFixed(1)} s`;
  switch (cause) {
    case 'rate':
      return `All invocations of this minute are used or promised; the turn comes in about ${seconds}.`;
    case 'concurrency':
      return `As many invocations as allowed are running; the turn comes in about ${seconds}.`;
    case 'tokens':
      return `The token budget of this minute is used or promised; the turn comes in about ${seconds}.`;
    case 'cooldown':
      return `Every model is unavailable; ${modelKey} in ${region} is cooling down and can be tried again in ${seconds}.`;
    case 'circuit':
      return `Every model is unavailable; the circuit breaker of ${modelKey} in ${region} lets it be tried again in ${seconds}.`;
    case 'backoff':
      return `Every model was tried without success; the next round begins in ${seconds}.`;
  }
}

const unavailableReason = (skipped: readonly SkippedCandidate[]): string =>
  skipped.some(({ why }) => why === 'SKIPPED_TOO_LARGE')
    ? 'The request reserves more tokens than the whole budget of a minute. Send less text, lower BEDROCK_MAX_TOKENS or raise MAX_TOKENS_PER_MINUTE.'
    : 'Every model of the chain is retired. Put available models into MODEL_CHAIN, or reset a model that is back.';
