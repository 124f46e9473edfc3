import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { crc32 } from 'node:zlib';
import { S3Refusal } from './sigv4.ts';

export type ReceivedBody = {
  /** Empty when the server was told to forget bodies. */
  readonly bytes: Buffer;
  readonly sizeBytes: number;
  /** Base64 of four bytes, big endian, as in x-amz-checksum-crc32. */
  readonly crc32: string;
  readonly md5: string;
  /** Whether the client gave a checksum of the body, in a header, the query or a trailer. */
  readonly hasChecksum: boolean;
};

export type ReceiveOptions = {
  readonly payloadHash: string;
  /** In the query of a presigned URL, S3 enforces the checksum as it does in a header. */
  readonly queryChecksum: string | null;
  readonly keepsBytes: boolean;
  /** Changes a byte on the way in, as a bad line does. */
  readonly isCorrupted: boolean;
};

const base64OfCrc = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
};

/** Reads the whole body and verifies all that the request says about it: length, SHA-256, CRC32, MD5, aws-chunked framing and trailer. */
export async function receiveBody(request: IncomingMessage, options: ReceiveOptions): Promise<ReceivedBody> {
  const { headers } = request;
  const isChunked = options.payloadHash === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
  const kept: Buffer[] = [];
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  let crc = 0;
  let sizeBytes = 0;
  const take = (chunk: Buffer) => {
    sizeBytes += chunk.length;
    sha256.update(chunk);
    md5.update(chunk);
    crc = crc32(chunk, crc);
    if (options.keepsBytes) kept.push(chunk);
  };
  let trailerCrc: string | undefined;
  if (isChunked) {
    const decoded = decodeAwsChunked(await readAll(request, options.isCorrupted));
    if (decoded.bytes.length !== Number(headers['x-amz-decoded-content-length'] ?? NaN)) {
      throw new S3Refusal(400, 'IncompleteBody');
    }
    take(decoded.bytes);
    trailerCrc = decoded.trailers.get(String(headers['x-amz-trailer']));
    if (trailerCrc === undefined) throw new S3Refusal(400, 'MalformedTrailerError');
  } else {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      take(options.isCorrupted && sizeBytes === 0 ? withChangedByte(chunk) : chunk);
    }
  }
  const received = { bytes: Buffer.concat(kept), sizeBytes, crc32: base64OfCrc(crc), md5: md5.digest('base64') };
  const givenCrc = trailerCrc ?? headers['x-amz-checksum-crc32'] ?? options.queryChecksum ?? undefined;
  if (givenCrc !== undefined && givenCrc !== received.crc32) throw new S3Refusal(400, 'BadDigest', 'CRC32 differs');
  const givenMd5 = headers['content-md5'];
  if (givenMd5 !== undefined && givenMd5 !== received.md5) throw new S3Refusal(400, 'BadDigest', 'MD5 differs');
  if (/^[0-9a-f]{64}$/.test(options.payloadHash) && sha256.digest('hex') !== options.payloadHash) {
    throw new S3Refusal(400, 'XAmzContentSHA256Mismatch');
  }
  return { ...received, hasChecksum: givenCrc !== undefined || givenMd5 !== undefined };
}

async function readAll(request: IncomingMessage, isCorrupted: boolean): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  // In the framing, a changed byte would be found without any checksum: change one behind the first line.
  return isCorrupted ? withChangedByte(body, body.indexOf('\r\n') + 2) : body;
}

function withChangedByte(chunk: Buffer, at = 0): Buffer {
  const changed = Buffer.from(chunk);
  changed.writeUInt8(chunk.readUInt8(at) ^ 1, at);
  return changed;
}

/** `<hex size>\r\n<bytes>\r\n … 0\r\n<name>:<value>\r\n\r\n` */
function decodeAwsChunked(body: Buffer): { bytes: Buffer; trailers: Map<string, string> } {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = body.indexOf('\r\n', at);
    const sizeText = lineEnd === -1 ? '' : body.toString('latin1', at, lineEnd);
    if (!/^[0-9a-f]+$/i.test(sizeText)) throw new S3Refusal(400, 'IncompleteBody', 'Broken chunk');
    const start = lineEnd + 2;
    const end = start + Number.parseInt(sizeText, 16);
    if (end === start) {
      const lines = body.toString('latin1', start).split('\r\n').filter(Boolean);
      const trailers = lines.map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1).trim()];
      });
      return { bytes: Buffer.concat(chunks), trailers: new Map(trailers) };
    }
    if (body.toString('latin1', end, end + 2) !== '\r\n') throw new S3Refusal(400, 'IncompleteBody', 'Broken chunk');
    chunks.push(body.subarray(start, end));
    at = end + 2;
  }
}
