import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Payload } from './shared-execution.ts';

/** Writes `next` messages of subscriptions to one socket. */
export type MessageWriter = {
  /**
   * Sends `head`, the payload and a closing brace as one message, at the end of this turn of the event loop. False when the network takes
   * no more for now: nothing further is to be written before `drained` is called, once.
   */
  next(head: Buffer, payload: Payload, drained: () => void): boolean;
  /** Writes what waits, so that what is sent otherwise comes behind it. */
  flush(): void;
};

type Message = {
  readonly head: Buffer;
  readonly payload: Payload;
  /** Of the whole frame. */
  readonly bytes: number;
};

const bufferBytes = 64 * 1024;
// Those of sockets that are held up together; more are made when needed, and left to the garbage collector.
const mostSpareBuffers = 16;

/**
 * Makes the writers of a process. ws would make a frame and a system call of each message; here those of a turn share one of each, which
 * for a busy document is most of the work, and all sockets share the memory: what the kernel takes at once needs its buffer no longer.
 *
 * Only a socket whose client does not read keeps a buffer, and only one: until the network has taken it, what waits are the payloads that
 * subscriptions had under way. Those pause and find in the log what they have missed.
 *
 * What waits when the socket closes is dropped. Control frames of ws may come between messages, never within one.
 */
export function createMessageWriters(): (socket: WebSocket, stream: Duplex) => MessageWriter {
  const spare: Buffer[] = [];
  let due: (() => void)[] = [];

  const take = (bytes: number): Buffer =>
    bytes > bufferBytes ? Buffer.allocUnsafeSlow(bytes) : (spare.pop() ?? Buffer.allocUnsafeSlow(bufferBytes));

  function giveBack(buffer: Buffer): void {
    if (buffer.length === bufferBytes && spare.length < mostSpareBuffers) spare.push(buffer);
  }

  function atEndOfTurn(flush: () => void): void {
    if (due.push(flush) === 1) process.nextTick(flushAll);
  }

  function flushAll(): void {
    const flushes = due;
    due = [];
    for (const flush of flushes) flush();
  }

  return (socket, stream) => {
    const waiting: Message[] = [];
    const held = new Set<() => void>();
    let waitingBytes = 0;
    let isDue = false;
    let inFlight = 0;

    function flushDue(): void {
      isDue = false;
      flushWhatFits();
    }

    function flushWhatFits(): void {
      while (waiting.length > 0 && inFlight === 0) writeSome();
    }

    /** As many messages as fit into a buffer, but at least one. */
    function writeSome(): void {
      let [count, bytes] = [0, 0];
      for (const message of waiting) {
        if (count > 0 && bytes + message.bytes > bufferBytes) break;
        count += 1;
        bytes += message.bytes;
      }
      const messages = waiting.splice(0, count);
      waitingBytes -= bytes;
      if (socket.readyState !== socket.OPEN) return;
      const buffer = take(bytes);
      let at = 0;
      for (const message of messages) at = putFrame(buffer, at, message);

      let isTaken = false;
      inFlight += 1;
      stream.write(buffer.subarray(0, bytes), (error) => {
        if (isTaken) return;
        inFlight -= 1;
        if (error) return;
        giveBack(buffer);
        onRoom();
      });
      // Nothing is left in the stream: the kernel has it all.
      isTaken = stream.writableLength === 0;
      if (!isTaken) return;
      inFlight -= 1;
      giveBack(buffer);
    }

    function onRoom(): void {
      flushWhatFits();
      if (inFlight > 0) return;
      const drained = [...held];
      held.clear();
      for (const tell of drained) tell();
    }

    return {
      next(head, payload, drained) {
        const bytes = frameBytes(messageBytes(head, payload));
        waiting.push({ head, payload, bytes });
        waitingBytes += bytes;
        if (waitingBytes >= bufferBytes) flushWhatFits();
        if (inFlight > 0) {
          held.add(drained);
          return false;
        }
        if (!isDue && waiting.length > 0) {
          isDue = true;
          atEndOfTurn(flushDue);
        }
        return true;
      },
      flush() {
        while (waiting.length > 0) writeSome();
      },
    };
  };
}

// RFC 6455, section 5.2: a whole message of text, not masked, its length in 7, 16 or 64 bits.
const finalText = 0x81;
const closingBrace = '}'.charCodeAt(0);

const messageBytes = (head: Buffer, payload: Payload): number => head.length + payload.bytes + 1;
const headerBytes = (length: number): number => (length < 126 ? 2 : length < 0x10000 ? 4 : 10);

const frameBytes = (length: number): number => headerBytes(length) + length;

/** Returns where it ends. */
function putFrame(buffer: Buffer, start: number, { head, payload }: Message): number {
  const length = messageBytes(head, payload);
  let at = start + headerBytes(length);
  buffer[start] = finalText;
  if (length < 126) buffer[start + 1] = length;
  else if (length < 0x10000) {
    buffer[start + 1] = 126;
    buffer.writeUInt16BE(length, start + 2);
  } else {
    buffer[start + 1] = 127;
    buffer.writeBigUInt64BE(BigInt(length), start + 2);
  }
  buffer.set(head, at);
  at += head.length;
  at += buffer.write(payload.json, at);
  buffer[at] = closingBrace;
  return at + 1;
}
