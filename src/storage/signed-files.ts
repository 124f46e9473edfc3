import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../clock.ts';
import { isAppError, type ProblemCode } from '../errors.ts';
import { attachmentDisposition, filenameOfKey } from './content-disposition.ts';
import type { FolderStore } from './folder-store.ts';
import { type SignedLink, verifyLink } from './signed-links.ts';

export type SignedFileHandlerOptions = {
  readonly store: FolderStore;
  /** The one that the store signs with. */
  readonly secret: string;
  readonly clock: Clock;
  /** The path of the store's `baseUrl` as it arrives here, such as `/files`. */
  readonly path: string;
  /** Told what went wrong on this side (never a client's mistake), for the log. */
  readonly onError: (error: unknown) => void;
};

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
type Refusal = { readonly status: number; readonly code: ProblemCode; readonly message: string };

/** The link is the right: whoever has it may use it from any page, and no cookie is involved. */
const corsHeaders = { 'access-control-allow-origin': '*' };

/**
 * Serves the links that the folder store signs: GET and HEAD read an object, PUT stores one of exactly the signed size, OPTIONS lets
 * browsers do so from any page. Resolves to false, having touched nothing, when the request is for another path; otherwise to true when it
 * is answered. A refusal is JSON `{ code, message }`. An upload whose client goes away leaves nothing.
 */
export function createSignedFileHandler(options: SignedFileHandlerOptions): Handler {
  const { path, onError } = options;
  return async (request, response) => {
    const target = parseTarget(request.url ?? '', path);
    if (target === undefined) return false;
    for (const [name, value] of Object.entries(corsHeaders)) response.setHeader(name, value);
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('referrer-policy', 'no-referrer');
    response.setHeader('cache-control', 'private, no-store');
    try {
      await answer(options, target, request, response);
    } catch (error) {
      // The store fails with nothing but AppErrors: with a connection that has ended, everything else comes from its end.
      const hasClientLeft = request.socket.destroyed && !isAppError(error);
      if (!hasClientLeft) fail(response, error, onError);
    }
    return true;
  };
}

type Target = { readonly key: string | undefined; readonly query: URLSearchParams };

/** By hand: `URL` would resolve `%2e%2e`. The key is undefined when its encoding is broken. */
function parseTarget(url: string, path: string): Target | undefined {
  const questionMark = url.indexOf('?');
  const pathname = questionMark === -1 ? url : url.slice(0, questionMark);
  if (!pathname.startsWith(`${path}/`)) return undefined;
  const query = new URLSearchParams(questionMark === -1 ? '' : url.slice(questionMark + 1));
  try {
    return { key: decodeURIComponent(pathname.slice(path.length + 1)), query };
  } catch {
    return { key: undefined, query };
  }
}

async function answer(
  { store, secret, clock }: SignedFileHandlerOptions,
  { key, query }: Target,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (method === 'OPTIONS') return preflight(response);
  if (method !== 'GET' && method !== 'PUT') {
    response.setHeader('allow', 'GET, HEAD, PUT, OPTIONS');
    return refuse(response, { status: 405, code: 'BAD_USER_INPUT', message: 'A signed link takes GET, HEAD or PUT.' });
  }
  const verdict = key === undefined ? undefined : verifyLink(secret, { method, key, query }, clock.now());
  switch (verdict?.outcome) {
    case 'valid':
      if (verdict.link.method === 'PUT') return receive(store, verdict.link, request, response);
      return send(store, verdict.link, request, response);
    case 'expired':
      return refuse(response, { status: 403, code: 'FORBIDDEN', message: 'This link has expired. Ask for a new one.' });
    case 'forged':
    case undefined:
      return refuse(response, {
        status: 403,
        code: 'FORBIDDEN',
        message: 'This link is not valid. Use it unchanged, with the method it was made for, or ask for a new one.',
      });
  }
}

function preflight(response: ServerResponse): void {
  response.setHeader('access-control-allow-methods', 'GET, HEAD, PUT');
  response.setHeader('access-control-allow-headers', 'content-type');
  response.setHeader('access-control-max-age', '600');
  response.writeHead(204).end();
}

async function send(
  store: FolderStore,
  link: SignedLink,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { sizeBytes, body } = await store.open(link.key);
  response.writeHead(200, {
    'content-type': link.contentType ?? 'application/octet-stream',
    'content-disposition': attachmentDisposition(link.filename ?? filenameOfKey(link.key)),
    'content-length': sizeBytes,
    'access-control-expose-headers': 'content-disposition, content-length',
    // Should a browser be made to show it after all, it runs no script and loads nothing.
    'content-security-policy': "default-src 'none'; sandbox",
  });
  if (request.method === 'HEAD') {
    body.destroy();
    response.end();
  } else await pipeline(body, response);
}

async function receive(
  store: FolderStore,
  link: SignedLink,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refusal = refusalOfSize(request.headers['content-length'], link.sizeBytes);
  if (refusal !== undefined) return refuse(response, refusal);
  // Node ends the stream at `content-length` bytes, and with an error when the client goes away before. A store that fails destroys its
  // source; that must not be the request itself, or its answer would have no connection left.
  await store.put(link.key, Readable.from(request.iterator({ destroyOnReturn: false }), { objectMode: false }));
  response.writeHead(200).end();
}

function refusalOfSize(contentLength: string | undefined, signedBytes: number | undefined): Refusal | undefined {
  if (contentLength === undefined) {
    return { status: 411, code: 'BAD_USER_INPUT', message: 'Send the size of the file as Content-Length.' };
  }
  if (Number(contentLength) === signedBytes) return undefined;
  const message = `This link takes exactly ${signedBytes} bytes, not ${contentLength}. Ask for a link for this size.`;
  return Number(contentLength) > Number(signedBytes)
    ? { status: 413, code: 'PAYLOAD_TOO_LARGE', message }
    : { status: 400, code: 'BAD_USER_INPUT', message };
}

function fail(response: ServerResponse, error: unknown, onError: (error: unknown) => void): void {
  const failure = isAppError(error) ? error : unexpected;
  const status = statusOf(failure.code);
  if (status >= 500) onError(error);
  // In mid-body there is no room for a message any more: the connection has ended short of `content-length`, which clients notice.
  if (!response.destroyed) refuse(response, { status, code: failure.code, message: failure.message });
}

const unexpected = { code: 'INTERNAL', message: 'Something went wrong on the server. Try again in a minute.' } as const;

function statusOf(code: ProblemCode): number {
  if (code === 'NOT_FOUND') return 404;
  if (code === 'BAD_USER_INPUT') return 400;
  return code === 'STORAGE_UNAVAILABLE' ? 503 : 500;
}

function refuse(response: ServerResponse, { status, code, message }: Refusal): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ code, message }));
}
