import type { RefusalFault, RefusalKind } from './fault-types.ts';
import { throttlingError, tooManyRequests, tooManyTokens } from './quota.ts';
import { endOfLifeError, onDemandError, unknownModelError } from './request-rules.ts';
import { modelValidationError, validationError, type ServiceError } from './service-error.ts';

const serviceError = (status: number, type: string, message: string): ServiceError => ({ status, type, message });

/** What Bedrock says in each case, with the texts that are known from it. */
const refusals: Readonly<Record<RefusalKind, (modelId: string) => ServiceError>> = {
  throttle: () => throttlingError(tooManyTokens),
  'throttle-requests': () => throttlingError(tooManyRequests),
  'throttle-day': () => throttlingError('Too many tokens per day, please wait before trying again.'),
  'model-not-ready': () =>
    serviceError(429, 'ModelNotReadyException', 'The model is not ready to serve inference requests.'),
  unavailable: () => serviceError(503, 'ServiceUnavailableException', 'Bedrock is unable to process your request.'),
  internal: () =>
    serviceError(
      500,
      'InternalServerException',
      'The system encountered an unexpected error during processing. Try your request again.',
    ),
  timeout: () =>
    serviceError(
      408,
      'ModelTimeoutException',
      'Model has timed out in processing the request. Try your request again.',
    ),
  'model-error': (modelId) => ({
    ...serviceError(
      424,
      'ModelErrorException',
      'The system encountered an unexpected error during processing. Try your request again.',
    ),
    members: { originalStatusCode: 500, resourceName: modelId },
  }),
  'end-of-life': () => endOfLifeError,
  legacy: () =>
    serviceError(
      404,
      'ResourceNotFoundException',
      'Access denied. This Model is marked by provider as Legacy and you have not been actively using the model in the last 30 days. Please upgrade to an active model on Amazon Bedrock',
    ),
  'use-case-missing': () =>
    serviceError(
      404,
      'ResourceNotFoundException',
      'Model use case details have not been submitted for this account. Fill out the Anthropic use case details form before using the model.',
    ),
  'access-denied': () =>
    serviceError(403, 'AccessDeniedException', "You don't have access to the model with the specified model ID."),
  'not-authorized': (modelId) =>
    serviceError(
      403,
      'AccessDeniedException',
      `User: arn:aws:iam::123456789012:user/simulated is not authorized to perform: bedrock:InvokeModelWithResponseStream on resource: ${modelId} because no identity-based policy allows the bedrock:InvokeModelWithResponseStream action`,
    ),
  'expired-token': () =>
    serviceError(403, 'ExpiredTokenException', 'The security token included in the request is expired'),
  'unrecognized-client': () =>
    serviceError(403, 'UnrecognizedClientException', 'The security token included in the request is invalid.'),
  'invalid-signature': () =>
    serviceError(
      403,
      'InvalidSignatureException',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    ),
  'invalid-model-id': () => unknownModelError,
  'on-demand-unsupported': onDemandError,
  'operation-not-allowed': () => validationError('Operation not allowed'),
  'thinking-unsupported': () => modelValidationError('"thinking.type.enabled" is not supported for this model.'),
  'input-too-long': () => validationError('Input is too long for requested model.'),
  'malformed-request': () => validationError('Malformed input request, please reformat your input and try again.'),
  'service-quota': () =>
    serviceError(400, 'ServiceQuotaExceededException', 'Your request exceeds the service quota for your account.'),
};

export const refusalError = (fault: RefusalFault, modelId: string): ServiceError => ({
  ...refusals[fault.kind](modelId),
  ...(fault.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: fault.retryAfterSeconds }),
});
