import { randomBytes } from 'node:crypto';

/*
 * The client's half of the WebSocket protocol, no more of it than the benchmark needs and as cheap as possible: on a small machine the
 * client shares its cores with the server that is measured.
 */

/** What opens a WebSocket on /graphql. */
export const upgradeRequest = (host: string, subprotocol: string | null): string =>
  [
    'GET /graphql HTTP/1.1',
    `Host: ${host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...(subprotocol === null ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
    '\r\n',
  ].join('\r\n');

/** A text frame as clients have to send it, masked. At most 64 kB. */
export function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const mask = randomBytes(4);
  const size = payload.length;
  const head = size < 126 ? [0x81, 0x80 | size] : [0x81, 0x80 | 126, size >> 8, size & 255];
  return Buffer.concat([Buffer.from(head), mask, payload.map((byte, at) => byte ^ (mask[at & 3] ?? 0))]);
}

export const pongFrame = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

export const opcodes = { text: 1, close: 8, ping: 9 } as const;

/** Where one frame's payload lies in `bytes`; valid during the call only. */
export type OnFrame = (opcode: number, bytes: Buffer, start: number, end: number) => void;

/** Takes what comes in, piece by piece, and hands on each frame that is whole. Servers do not fragment messages of this size. */
export function createFrameReader(onFrame: OnFrame): (chunk: Buffer) => void {
  let rest: Buffer | null = null;
  return (chunk) => {
    const bytes: Buffer = rest === null ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (bytes.length - at >= 2) {
      const opcode = bytes.readUInt8(at) & 15;
      let size = bytes.readUInt8(at + 1) & 127;
      let start = at + 2;
      if (size === 126) {
        if (bytes.length - at < 4) break;
        size = bytes.readUInt16BE(at + 2);
        start = at + 4;
      }
      if (bytes.length < start + size) break;
      at = start + size;
      onFrame(opcode, bytes, start, at);
    }
    // The chunk's memory is used again for the next read.
    rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : null;
  };
}
