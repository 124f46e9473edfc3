import { createHmac, timingSafeEqual } from 'node:crypto';

/** All that a signed link of the folder store allows, and all that its signature covers. */
export type SignedLink = {
  readonly method: 'GET' | 'PUT';
  readonly key: string;
  readonly expiresAtMs: number;
  /** GET: under which name the browser saves it. */
  readonly filename?: string;
  /** GET: as what the browser takes it. */
  readonly contentType?: string;
  /** PUT: exactly so much. */
  readonly sizeBytes?: number;
};

export type LinkVerdict =
  | { readonly outcome: 'valid'; readonly link: SignedLink }
  | { readonly outcome: 'expired' }
  | { readonly outcome: 'forged' };

/** As JSON, so that no two links have the same text: a value cannot run over into its neighbour. */
const signatureOf = (secret: string, link: SignedLink): string => {
  const { method, key, expiresAtMs, filename = null, contentType = null, sizeBytes = null } = link;
  const text = JSON.stringify([method, key, expiresAtMs, filename, contentType, sizeBytes]);
  return createHmac('sha256', secret).update(text).digest('base64url');
};

/** The query of a signed URL. The key is its path, the method that of the request. */
export function linkQuery(secret: string, link: SignedLink): URLSearchParams {
  const query = new URLSearchParams({ expires: String(link.expiresAtMs) });
  if (link.filename !== undefined) query.set('filename', link.filename);
  if (link.contentType !== undefined) query.set('type', link.contentType);
  if (link.sizeBytes !== undefined) query.set('size', String(link.sizeBytes));
  query.set('signature', signatureOf(secret, link));
  return query;
}

/** Whether this query was made by `linkQuery` with the same secret for this method and key, and is still in force at `nowMs`. */
export function verifyLink(
  secret: string,
  request: { readonly method: 'GET' | 'PUT'; readonly key: string; readonly query: URLSearchParams },
  nowMs: number,
): LinkVerdict {
  const { method, key, query } = request;
  const filename = query.get('filename');
  const contentType = query.get('type');
  const size = query.get('size');
  const link: SignedLink = {
    method,
    key,
    expiresAtMs: Number(query.get('expires')),
    ...(filename === null ? {} : { filename }),
    ...(contentType === null ? {} : { contentType }),
    ...(size === null ? {} : { sizeBytes: Number(size) }),
  };
  // As text: several texts decode to the same bytes, and only one of them is the signature.
  const given = Buffer.from(query.get('signature') ?? '');
  const expected = Buffer.from(signatureOf(secret, link));
  // The length of a signature is no secret; timingSafeEqual throws when it differs.
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { outcome: 'forged' };
  return nowMs < link.expiresAtMs ? { outcome: 'valid', link } : { outcome: 'expired' };
}
