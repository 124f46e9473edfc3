import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** An answer of Bedrock that is an HTTP error: the client makes an exception of class `type` of it. */
export type ServiceError = {
  readonly status: number;
  /** The value of `x-amzn-errortype`, for example ThrottlingException. */
  readonly type: string;
  readonly message: string;
  /** Further members of the exception, such as originalStatusCode. */
  readonly members?: Readonly<Record<string, string | number>> | undefined;
  readonly retryAfterSeconds?: number | undefined;
};

export const validationError = (message: string): ServiceError => ({
  status: 400,
  type: 'ValidationException',
  message,
});

/** Bedrock puts what the model's own API said behind this opening. */
export const modelValidationError = (message: string): ServiceError =>
  validationError(`The model returned the following errors: ${message}`);

export function sendServiceError(response: ServerResponse, error: ServiceError): void {
  response.writeHead(error.status, {
    'content-type': 'application/json',
    'x-amzn-errortype': error.type,
    'x-amzn-requestid': randomUUID(),
    ...(error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(error.retryAfterSeconds) }),
  });
  response.end(JSON.stringify({ message: error.message, ...error.members }));
}
