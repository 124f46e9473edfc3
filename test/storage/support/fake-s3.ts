import { createHash, randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { receiveBody, type ReceivedBody } from './s3-body.ts';
import { type Keys, S3Refusal, verifySignature } from './sigv4.ts';

type Operation =
  | 'PutObject'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'ListObjectsV2'
  | 'DeleteObjects'
  | 'HeadBucket';

/**
 * `error`: answers with this status. `cut`: ends the connection in the middle of the body, whichever way that goes. `hang`: never answers.
 * `corrupt`: changes a byte of the body. `refuseKeys`: DeleteObjects answers 200 and has deleted nothing.
 */
type Fault = 'cut' | 'hang' | 'corrupt' | 'refuseKeys' | { readonly error: number; readonly code?: string };

type StoredObject = ReceivedBody & {
  readonly etag: string;
  readonly contentType: string | undefined;
  readonly encryption: string;
  readonly modifiedAt: Date;
};

type Multipart = {
  readonly key: string;
  readonly encryption: string;
  readonly contentType: string | undefined;
  readonly parts: Map<number, ReceivedBody & { readonly etag: string }>;
};

export type FakeS3 = {
  readonly endpoint: string;
  readonly objects: ReadonlyMap<string, StoredObject>;
  /** Multipart uploads that are neither completed nor aborted. */
  readonly uploads: ReadonlyMap<string, Multipart>;
  /** Every request that arrived, in order. */
  readonly operations: readonly Operation[];
  /** The next `times` requests for `operation` meet this fault. */
  readonly fail: (operation: Operation, fault: Fault, times?: number) => void;
  /** Resolves when the next request for `operation` arrives. */
  readonly arrival: (operation: Operation) => Promise<void>;
  /** Moves the clock by which presigned URLs expire. */
  readonly advance: (ms: number) => void;
  readonly openConnections: () => Promise<number>;
  readonly close: () => Promise<void>;
};

export type FakeS3Options = {
  readonly bucket: string;
  readonly region: string;
  readonly keys: Keys;
  /** As a bucket policy does that denies puts without it. */
  readonly requiredEncryption: string;
  /** False: only sizes and checksums are kept, so that this server's memory does not count in a measurement. */
  readonly keepsBytes?: boolean;
};

type Call = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly key: string;
  readonly body: ReceivedBody;
  readonly fault: Fault | undefined;
};

const minPartBytes = 5 * 1024 * 1024;
const encryptionHeader = 'x-amz-server-side-encryption';
const unescapeXml = (text: string) =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
const escapeXml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const tags = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map(([, text = '']) => unescapeXml(text));
const tag = (name: string, ...children: (string | number)[]): string => `<${name}>${children.join('')}</${name}>`;
const etagOf = (body: { md5: string }): string => `"${Buffer.from(body.md5, 'base64').toString('hex')}"`;

/** An S3 for tests, over loopback, as strict as the real one in what an adapter can get wrong: signatures, checksums, encryption, parts. */
export async function startFakeS3(options: FakeS3Options): Promise<FakeS3> {
  const { bucket, requiredEncryption, keepsBytes = true } = options;
  const objects = new Map<string, StoredObject>();
  const uploads = new Map<string, Multipart>();
  const operations: Operation[] = [];
  const faults: { operation: Operation; fault: Fault }[] = [];
  const arrivals = new EventEmitter();
  let offsetMs = 0;

  const requireEncryption = ({ request, query }: Call): string => {
    const given = request.headers[encryptionHeader] ?? query.get(encryptionHeader);
    if (given !== requiredEncryption) throw new S3Refusal(403, 'AccessDenied', 'The bucket wants encryption.');
    return requiredEncryption;
  };
  const findObject = (key: string): StoredObject => {
    const found = objects.get(key);
    if (found === undefined) throw new S3Refusal(404, 'NoSuchKey');
    return found;
  };
  const findUpload = ({ query, key }: Call): { id: string; upload: Multipart } => {
    const id = query.get('uploadId') ?? '';
    const upload = uploads.get(id);
    if (upload === undefined || upload.key !== key) throw new S3Refusal(404, 'NoSuchUpload');
    return { id, upload };
  };
  const answer = ({ response }: Call, xml = '', headers: Record<string, string | number> = {}, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/xml', ...headers }).end(xml);
  };
  const sendObject = (call: Call, hasBody: boolean) => {
    const { query, response, request, fault, key } = call;
    const found = findObject(key);
    const wantsChecksum = (request.headers['x-amz-checksum-mode'] ?? query.get('x-amz-checksum-mode')) === 'ENABLED';
    const disposition = query.get('response-content-disposition');
    response.writeHead(200, {
      'content-length': found.sizeBytes,
      'content-type': query.get('response-content-type') ?? found.contentType ?? 'binary/octet-stream',
      'last-modified': found.modifiedAt.toUTCString(),
      etag: found.etag,
      [encryptionHeader]: found.encryption,
      ...(wantsChecksum ? { 'x-amz-checksum-crc32': found.crc32 } : {}),
      ...(disposition === null ? {} : { 'content-disposition': disposition }),
    });
    if (!hasBody) return response.end();
    const bytes = Buffer.from(found.bytes);
    if (fault === 'corrupt') bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
    if (fault !== 'cut') return response.end(bytes);
    return response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  };

  const handlers: Record<Operation, (call: Call) => unknown> = {
    HeadBucket: (call) => answer(call),
    GetObject: (call) => sendObject(call, true),
    HeadObject: (call) => sendObject(call, false),
    PutObject(call) {
      const { request, body, key } = call;
      const encryption = requireEncryption(call);
      const etag = etagOf(body);
      const contentType = request.headers['content-type'];
      objects.set(key, { ...body, etag, contentType, encryption, modifiedAt: new Date() });
      answer(call, '', { etag, [encryptionHeader]: encryption, 'x-amz-checksum-crc32': body.crc32 });
    },
    DeleteObject(call) {
      objects.delete(call.key);
      answer(call, '', {}, 204);
    },
    CreateMultipartUpload(call) {
      const encryption = requireEncryption(call);
      const id = randomUUID();
      uploads.set(id, {
        key: call.key,
        encryption,
        contentType: call.request.headers['content-type'],
        parts: new Map(),
      });
      const xml = tag('InitiateMultipartUploadResult', tag('UploadId', id), tag('Key', escapeXml(call.key)));
      answer(call, xml, { [encryptionHeader]: encryption, 'x-amz-checksum-algorithm': 'CRC32' });
    },
    UploadPart(call) {
      const { upload } = findUpload(call);
      // S3 has the encryption from the start of the upload, and refuses to hear of it again.
      if (call.request.headers[encryptionHeader] !== undefined) throw new S3Refusal(400, 'InvalidArgument');
      if (!call.body.hasChecksum) throw new S3Refusal(400, 'InvalidRequest', 'The upload was begun with checksums.');
      const etag = etagOf(call.body);
      upload.parts.set(Number(call.query.get('partNumber')), { ...call.body, etag });
      answer(call, '', { etag, 'x-amz-checksum-crc32': call.body.crc32 });
    },
    CompleteMultipartUpload(call) {
      const { id, upload } = findUpload(call);
      const parts = completedParts(call.body.bytes.toString(), upload);
      objects.set(upload.key, { ...joinParts(parts), ...upload, modifiedAt: new Date() });
      uploads.delete(id);
      answer(call, tag('CompleteMultipartUploadResult', tag('Key', escapeXml(upload.key))));
    },
    AbortMultipartUpload(call) {
      uploads.delete(findUpload(call).id);
      answer(call, '', {}, 204);
    },
    ListObjectsV2(call) {
      const prefix = call.query.get('prefix') ?? '';
      const after = Buffer.from(call.query.get('continuation-token') ?? '', 'base64url');
      const keys = [...objects.keys()]
        .filter((key) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), after) > 0)
        .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const page = keys.slice(0, Math.min(1000, Number(call.query.get('max-keys') ?? 1000)));
      const isTruncated = page.length < keys.length;
      const contents = page.map((key) => {
        const { sizeBytes, modifiedAt } = findObject(key);
        const modified = tag('LastModified', modifiedAt.toISOString());
        return tag('Contents', tag('Key', escapeXml(key)), tag('Size', sizeBytes), modified);
      });
      const token = Buffer.from(page.at(-1) ?? '').toString('base64url');
      const more = isTruncated ? tag('NextContinuationToken', token) : '';
      answer(call, tag('ListBucketResult', tag('IsTruncated', String(isTruncated)), more, ...contents));
    },
    DeleteObjects(call) {
      if (!call.body.hasChecksum) throw new S3Refusal(400, 'InvalidRequest', 'Missing checksum');
      const keys = tags(call.body.bytes.toString(), 'Key');
      if (keys.length > 1000) throw new S3Refusal(400, 'MalformedXML');
      const isRefused = call.fault === 'refuseKeys';
      if (!isRefused) for (const key of keys) objects.delete(key);
      const errors = isRefused
        ? keys.map((key) => tag('Error', tag('Key', escapeXml(key)), tag('Code', 'AccessDenied')))
        : [];
      answer(call, tag('DeleteResult', ...errors));
    },
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '', 'http://fake');
    const [, bucketInPath = '', ...keyParts] = url.pathname.split('/').map(decodeURIComponent);
    const key = keyParts.join('/');
    const operation = operationOf(request, url.searchParams, key);
    operations.push(operation);
    const fault = takeFault(faults, operation);
    arrivals.emit(operation);
    const nowMs = Date.now() + (url.searchParams.has('X-Amz-Signature') ? offsetMs : 0);
    const payloadHash = verifySignature(request, url, options.keys, { region: options.region, nowMs });
    if (bucketInPath !== bucket) throw new S3Refusal(404, 'NoSuchBucket');
    if (typeof fault === 'object') throw new S3Refusal(fault.error, fault.code ?? 'InternalError');
    if (fault === 'hang') return;
    if (fault === 'cut' && request.method !== 'GET') return void request.once('data', () => request.destroy());
    const body = await receiveBody(request, {
      payloadHash,
      queryChecksum: url.searchParams.get('x-amz-checksum-crc32'),
      // The XML of a request is always needed.
      keepsBytes: keepsBytes || request.method === 'POST',
      isCorrupted: fault === 'corrupt' && request.method === 'PUT',
    });
    handlers[operation]({ request, response, query: url.searchParams, key, body, fault });
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      // The client went away in the middle.
      if (request.destroyed && !request.complete) return;
      const refusal = error instanceof S3Refusal ? error : new S3Refusal(500, 'BugInFakeS3', String(error));
      response.writeHead(refusal.status, { 'content-type': 'application/xml' });
      response.end(tag('Error', tag('Code', refusal.code), tag('Message', escapeXml(refusal.message))));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    uploads,
    operations,
    fail: (operation, fault, times = 1) => faults.push(...Array.from({ length: times }, () => ({ operation, fault }))),
    arrival: async (operation) => void (await once(arrivals, operation)),
    advance: (ms) => void (offsetMs += ms),
    openConnections: promisify(server.getConnections.bind(server)),
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function operationOf({ method = '' }: IncomingMessage, query: URLSearchParams, key: string): Operation {
  const onUpload: Record<string, Operation> = {
    PUT: 'UploadPart',
    POST: 'CompleteMultipartUpload',
    DELETE: 'AbortMultipartUpload',
  };
  const onObject: Record<string, Operation> = {
    PUT: 'PutObject',
    GET: 'GetObject',
    HEAD: 'HeadObject',
    DELETE: 'DeleteObject',
  };
  const onBucket: Record<string, Operation> = { GET: 'ListObjectsV2', HEAD: 'HeadBucket', POST: 'DeleteObjects' };
  if (method === 'POST' && query.has('uploads')) return 'CreateMultipartUpload';
  const operation = (query.has('uploadId') ? onUpload : key === '' ? onBucket : onObject)[method];
  if (operation === undefined) throw new S3Refusal(501, 'NotImplemented');
  return operation;
}

function takeFault(faults: { operation: Operation; fault: Fault }[], operation: Operation): Fault | undefined {
  const index = faults.findIndex((entry) => entry.operation === operation);
  return index === -1 ? undefined : faults.splice(index, 1)[0]?.fault;
}

function completedParts(xml: string, upload: Multipart): (ReceivedBody & { etag: string })[] {
  const listed = tags(xml, 'Part');
  if (listed.length === 0) throw new S3Refusal(400, 'MalformedXML');
  const numbers = listed.map((part) => Number(tags(part, 'PartNumber')[0]));
  if (numbers.some((number, index) => number <= (numbers[index - 1] ?? 0)))
    throw new S3Refusal(400, 'InvalidPartOrder');
  return listed.map((part, index) => {
    const stored = upload.parts.get(numbers[index] ?? 0);
    if (stored === undefined || tags(part, 'ETag')[0] !== stored.etag) throw new S3Refusal(400, 'InvalidPart');
    if (tags(part, 'ChecksumCRC32')[0] !== stored.crc32) throw new S3Refusal(400, 'InvalidPart');
    const isLast = index === listed.length - 1;
    if (!isLast && stored.sizeBytes < minPartBytes) throw new S3Refusal(400, 'EntityTooSmall');
    return stored;
  });
}

/** Of an object in parts, a client cannot verify the checksum: only its form matters, that with the number of parts behind it. */
function joinParts(parts: readonly ReceivedBody[]): ReceivedBody & { etag: string } {
  const md5 = createHash('md5')
    .update(Buffer.concat(parts.map((part) => Buffer.from(part.md5, 'base64'))))
    .digest('base64');
  return {
    bytes: Buffer.concat(parts.map((part) => part.bytes)),
    sizeBytes: parts.reduce((sum, part) => sum + part.sizeBytes, 0),
    crc32: `${parts[0]?.crc32 ?? ''}-${parts.length}`,
    md5,
    hasChecksum: true,
    etag: `"${Buffer.from(md5, 'base64').toString('hex')}-${parts.length}"`,
  };
}
