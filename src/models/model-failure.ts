import type { ClassifiedFailure, FailureClass, FailureContext } from './classify-failure.ts';
import type { ModelMessage, TokenUsage } from './model-types.ts';

type ModelFailureDetails = {
  readonly phase: FailureContext['phase'];
  readonly usage: TokenUsage | null;
  readonly cause?: unknown;
};

/** One call of one model failed. The message is the provider's, shortened, without request content. */
export class ModelFailure extends Error {
  override readonly name = 'ModelFailure';
  readonly failure: FailureClass;
  readonly phase: FailureContext['phase'];
  /** What the call used: Bedrock's own figures when they had come, otherwise an estimate; null when certainly nothing. */
  readonly usage: TokenUsage | null;

  constructor(classified: Pick<ClassifiedFailure, 'failure' | 'reason'>, details: ModelFailureDetails) {
    super(classified.reason, { cause: details.cause });
    this.failure = classified.failure;
    this.phase = details.phase;
    this.usage = details.usage;
  }
}

/**
 * A consumer of a model's events throws it when the answer is not in the form that was asked for. The message holds no words of the answer;
 * `repair` is what to say behind the request so that the model answers again. Without it the next model is asked.
 */
export class MalformedOutputError extends Error {
  override readonly name = 'MalformedOutputError';
  readonly repair: readonly ModelMessage[];

  constructor(message: string, repair: readonly ModelMessage[] = []) {
    super(message);
    this.repair = repair;
  }
}
