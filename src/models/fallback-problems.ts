import type { Problem, ProblemCode } from '../errors.ts';

const problem = (code: ProblemCode, message: string, retryAfterMs?: number): Problem => ({
  code,
  message,
  retryable: code !== 'MODEL_REJECTED_REQUEST',
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

/** As long as a throttled model is left alone. */
const usualRetryMs = 60_000;

/** How a run over the chain can fail, for whoever asked for it. */
export const fallbackProblems = {
  tooLong: () =>
    problem(
      'MODEL_REJECTED_REQUEST',
      'The request is longer than any model of the chain can read. Split the section, or add a model with a larger context.',
    ),
  tooLarge: () =>
    problem(
      'MODEL_REJECTED_REQUEST',
      'The request needs more tokens than MAX_TOKENS_PER_MINUTE allows in a whole minute. Split the section, or raise the limit.',
    ),
  refused: () =>
    problem(
      'MODEL_REJECTED_REQUEST',
      'No model of the chain accepts this request. Shorten the section, or put other models into MODEL_CHAIN.',
    ),
  malformedRequest: () =>
    problem(
      'MODEL_REJECTED_REQUEST',
      'The model service refused the request as malformed; trying again will not help. Please report it.',
    ),
  account: () =>
    problem(
      'SERVICE_UNAVAILABLE',
      "Bedrock did not accept this installation's AWS credentials or permissions. Correct them, then try again.",
    ),
  malformedOutput: () =>
    problem(
      'ALL_MODELS_UNAVAILABLE',
      'The answer could not be read, and neither could the one that was asked for in its place. Try again.',
    ),
  retired: () =>
    problem(
      'ALL_MODELS_UNAVAILABLE',
      'Every model of the chain has reached its end of life. Put current models into MODEL_CHAIN, then try again.',
    ),
  unavailable: (retryAfterMs = usualRetryMs) =>
    problem(
      'ALL_MODELS_UNAVAILABLE',
      'All models are throttled or unavailable at the moment. Nothing is lost: try again later.',
      retryAfterMs,
    ),
};
