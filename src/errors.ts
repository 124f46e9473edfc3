/** The codes a client can meet, in `extensions.code` of a request's error or in a `Problem` that is part of a thing's state. */
export const problemCodes = [
  'BAD_USER_INPUT',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'CONFLICT',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_FORMAT',
  'UNREADABLE_DOCUMENT',
  'RATE_LIMITED',
  'QUEUE_FULL',
  'ALL_MODELS_UNAVAILABLE',
  'MODEL_REJECTED_REQUEST',
  'TIMED_OUT',
  'CANCELLED',
  'STORAGE_UNAVAILABLE',
  'SERVICE_UNAVAILABLE',
  'EVENTS_EXPIRED',
  'SLOW_CONSUMER',
  'INTERNAL',
] as const;

export type ProblemCode = (typeof problemCodes)[number];

const retryableCodes: ReadonlySet<ProblemCode> = new Set([
  'RATE_LIMITED',
  'QUEUE_FULL',
  'ALL_MODELS_UNAVAILABLE',
  'TIMED_OUT',
  'STORAGE_UNAVAILABLE',
  'SERVICE_UNAVAILABLE',
  'SLOW_CONSUMER',
  'INTERNAL',
]);

/** A failure as data: what is stored with a failed thing and shown to clients. Holds no document text and no secret. */
export type Problem = {
  readonly code: ProblemCode;
  /** For a person; says what to do next. */
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number | undefined;
};

type AppErrorOptions = {
  readonly cause?: unknown;
  /** Overrides whether the same request may succeed later; by default the code decides. */
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  /** Facts for the client, such as the cursor or the id concerned. Never document text, never a secret. */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
};

/** An expected failure: its message is written for the client and shown as it is. Anything else that is thrown is a bug and masked. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ProblemCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly details: AppErrorOptions['details'];

  constructor(code: ProblemCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? retryableCodes.has(code);
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details;
  }
}

export const isAppError = (error: unknown): error is AppError => error instanceof AppError;

export const toProblem = (error: AppError): Problem => ({
  code: error.code,
  message: error.message,
  retryable: error.retryable,
  ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
});

/** The compiler proves that a switch over a union is complete; at run time an unknown member is a bug that names itself. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}
