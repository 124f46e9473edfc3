/** What an error of the AWS client, of Node's sockets or of anything else says about itself, in one shape. */
export type ErrorFacts = {
  /** Lower case: exceptions within a stream that the client does not know keep the wire's lowerCamel name. */
  readonly name: string;
  readonly message: string;
  /** Name and message, at most 300 characters. */
  readonly text: string;
  /** Of an answer that was refused before its stream began. */
  readonly status: number | null;
  /** What the model itself had answered to Bedrock. */
  readonly originalStatus: number | null;
  /** System error codes of the error and of what caused it. */
  readonly codes: readonly string[];
  /** The provider's own wish, in ms from `nowMs`. */
  retryAfterMs(nowMs: number): number | null;
};

const longestText = 300;
const deepestCause = 5;

export function errorFacts(error: unknown): ErrorFacts {
  const record = asRecord(error);
  const name = asText(record['name']) ?? 'Error';
  const message = messageOf(asText(record['message']) ?? String(error));
  const headers = asRecord(asRecord(record['$response'])['headers']);
  return {
    name: name.toLowerCase(),
    message,
    text: `${name}: ${message}`.slice(0, longestText),
    status: asNumber(asRecord(record['$metadata'])['httpStatusCode']),
    originalStatus: asNumber(record['originalStatusCode']),
    codes: codesOf(record),
    retryAfterMs: (nowMs) => retryAfter(headers, nowMs),
  };
}

/** An exception that the client does not know carries its whole JSON body as message. */
function messageOf(text: string): string {
  if (!text.startsWith('{')) return text;
  try {
    const body = asRecord(JSON.parse(text));
    return asText(body['message']) ?? asText(body['Message']) ?? text;
  } catch {
    return text;
  }
}

function codesOf(record: Readonly<Record<string, unknown>>): string[] {
  const codes: string[] = [];
  let current = record;
  for (let depth = 0; depth < deepestCause; depth++) {
    const code = asText(current['code']);
    if (code !== null) codes.push(code);
    current = asRecord(current['cause']);
  }
  return codes;
}

/** `retry-after` holds seconds or a date, `x-amz-retry-after` milliseconds. */
function retryAfter(headers: Readonly<Record<string, unknown>>, nowMs: number): number | null {
  const named = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), asText(value)]));
  const milliseconds = Number(named.get('x-amz-retry-after') ?? Number.NaN);
  if (Number.isFinite(milliseconds)) return milliseconds;
  const text = named.get('retry-after');
  if (text === null || text === undefined) return null;
  const wanted = Number.isFinite(Number(text)) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isFinite(wanted) ? wanted : null;
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const asText = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const asNumber = (value: unknown): number | null => (typeof value === 'number' ? value : null);
