import { EventStreamCodec } from '@smithy/core/event-streams';
import { fromUtf8, toUtf8 } from '@smithy/core/serde';

/**
 * Frames of `application/vnd.amazon.eventstream`: lengths, checksum, typed headers, payload, checksum. The payload is the member's own
 * structure, without a key around it; blobs in it are base64 text.
 */
const codec = new EventStreamCodec(toUtf8, fromUtf8);

type Headers = Readonly<Record<string, string>>;

function encode(headers: Headers, payload: Uint8Array): Buffer {
  const typed = Object.entries(headers).map(([name, value]) => [name, { type: 'string' as const, value }] as const);
  return Buffer.from(codec.encode({ headers: Object.fromEntries(typed), body: payload }));
}

const json = { ':content-type': 'application/json' };

export const eventFrame = (type: string, body: object): Buffer =>
  encode({ ':event-type': type, ...json, ':message-type': 'event' }, fromUtf8(JSON.stringify(body)));

/** `type` is the member's name in lowerCamel, such as throttlingException. */
export const exceptionFrame = (type: string, body: object): Buffer =>
  encode({ ':exception-type': type, ...json, ':message-type': 'exception' }, fromUtf8(JSON.stringify(body)));

/** An error that the protocol does not model: it has a code and a message, and no payload. */
export const errorFrame = (code: string, message: string): Buffer =>
  encode({ ':message-type': 'error', ':error-code': code, ':error-message': message }, new Uint8Array());

/** The same frame with a wrong checksum at its end. */
export function withBrokenChecksum(frame: Buffer): Buffer {
  const broken = Buffer.from(frame);
  const last = broken.length - 1;
  broken[last] = (broken[last] ?? 0) ^ 0xff;
  return broken;
}
