import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export type Keys = { readonly accessKeyId: string; readonly secretAccessKey: string };

/** What S3 answers instead of doing what was asked. */
export class S3Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message = code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

type Claim = {
  readonly credential: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** As 20261123T120000Z. */
  readonly date: string;
  readonly payloadHash: string;
};

const hex = (value: string): string => createHash('sha256').update(value).digest('hex');
const hmac = (key: string | Buffer, value: string): Buffer => createHmac('sha256', key).update(value).digest();
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const headerOf = (request: IncomingMessage, name: string): string => {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : (value ?? '');
};

/**
 * Verifies a Signature Version 4 as S3 does, from its specification and without the SDK's code: in the Authorization header or in the
 * query, with its date, and that every x-amz header is covered. Throws S3Refusal. Returns what was signed about the body.
 */
export function verifySignature(
  request: IncomingMessage,
  url: URL,
  keys: Keys,
  scope: { readonly region: string; readonly nowMs: number },
): string {
  const isPresigned = url.searchParams.has('X-Amz-Signature');
  const claim = isPresigned ? claimOfQuery(url) : claimOfHeader(request);
  const [accessKeyId, day = '', region, service, terminator] = claim.credential.split('/');
  if (accessKeyId !== keys.accessKeyId) throw new S3Refusal(403, 'InvalidAccessKeyId');
  if (region !== scope.region || service !== 's3' || terminator !== 'aws4_request' || !claim.date.startsWith(day)) {
    throw new S3Refusal(400, 'AuthorizationHeaderMalformed');
  }
  assertInTime(claim.date, isPresigned ? Number(url.searchParams.get('X-Amz-Expires')) : undefined, scope.nowMs);
  assertCovered(request, claim.signedHeaders);

  const canonical = canonicalRequest(request, url, claim);
  const text = ['AWS4-HMAC-SHA256', claim.date, `${day}/${region}/s3/aws4_request`, hex(canonical)].join('\n');
  const key = ['s3', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${keys.secretAccessKey}`, day), region));
  const expected = hmac(key, text);
  const given = Buffer.from(claim.signature, 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new S3Refusal(403, 'SignatureDoesNotMatch');
  }
  return claim.payloadHash;
}

function claimOfHeader(request: IncomingMessage): Claim {
  const match = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/.exec(
    request.headers.authorization ?? '',
  );
  if (match === null) throw new S3Refusal(403, 'AccessDenied', 'Anonymous requests are refused.');
  const [, credential = '', signedHeaders = '', signature = ''] = match;
  const payloadHash = headerOf(request, 'x-amz-content-sha256');
  if (payloadHash === '') throw new S3Refusal(400, 'MissingSecurityHeader');
  const date = headerOf(request, 'x-amz-date');
  return { credential, signedHeaders: signedHeaders.split(';'), signature, date, payloadHash };
}

function claimOfQuery(url: URL): Claim {
  const query = (name: string) => url.searchParams.get(`X-Amz-${name}`) ?? '';
  if (query('Algorithm') !== 'AWS4-HMAC-SHA256') throw new S3Refusal(400, 'AuthorizationQueryParametersError');
  return {
    credential: query('Credential'),
    signedHeaders: query('SignedHeaders').split(';'),
    signature: query('Signature'),
    date: query('Date'),
    payloadHash: 'UNSIGNED-PAYLOAD',
  };
}

function assertInTime(date: string, expiresInS: number | undefined, nowMs: number): void {
  const signedAtMs = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  const skewMs = 15 * 60_000;
  if (expiresInS === undefined) {
    if (!(Math.abs(nowMs - signedAtMs) <= skewMs)) throw new S3Refusal(403, 'RequestTimeTooSkewed');
    return;
  }
  if (!(expiresInS >= 1 && expiresInS <= 604_800)) throw new S3Refusal(400, 'AuthorizationQueryParametersError');
  if (!(signedAtMs <= nowMs + skewMs)) throw new S3Refusal(403, 'AccessDenied', 'Request is not yet valid');
  if (nowMs >= signedAtMs + expiresInS * 1000) throw new S3Refusal(403, 'AccessDenied', 'Request has expired');
}

function assertCovered(request: IncomingMessage, signedHeaders: readonly string[]): void {
  const mustBeSigned = Object.keys(request.headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  const missing = mustBeSigned.find((name) => !signedHeaders.includes(name));
  if (missing !== undefined) throw new S3Refusal(403, 'AccessDenied', `Header ${missing} is not signed`);
}

function canonicalRequest(request: IncomingMessage, url: URL, claim: Claim): string {
  const path = url.pathname
    .split('/')
    .map((segment) => encode(decodeURIComponent(segment)))
    .join('/');
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const headers = claim.signedHeaders.map(
    (name) => `${name}:${headerOf(request, name).trim().replaceAll(/ +/g, ' ')}\n`,
  );
  const names = claim.signedHeaders.join(';');
  return [request.method, path, query, headers.join(''), names, claim.payloadHash].join('\n');
}
