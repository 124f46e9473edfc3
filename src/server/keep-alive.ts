import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

export type KeepAliveOptions = {
  /** How often a socket is pinged, in ms, and within which time it has to answer; else it is terminated. */
  readonly pingMs: number;
  /** How much longer it may be silent while the network has yet to take what was sent before the ping. */
  readonly slowConsumerMs: number;
};

/** What has gone over a socket since it was opened, in bytes. */
export type Traffic = {
  /** Read from the client. */
  readonly heard: number;
  /** Taken by the network. */
  readonly taken: number;
  /** Sent, and not taken yet. */
  readonly inFlight: number;
};

/**
 * Pings a socket, and terminates it without a sign of life: with nothing in flight when one ping was not answered, as with a client that
 * has gone. A ping waits behind what is in flight, so a client that reads slowly answers late, and one that does not read should be told
 * SLOW_CONSUMER first: those have `slowConsumerMs` more.
 */
export function keepAlive(socket: WebSocket, stream: Socket, { pingMs, slowConsumerMs }: KeepAliveOptions): () => void {
  const isAlive = watchLife(Math.ceil(slowConsumerMs / pingMs));
  const timer = setInterval(() => {
    if (socket.readyState !== socket.OPEN) return;
    if (isAlive(trafficOf(stream))) socket.ping();
    else socket.terminate();
  }, pingMs);
  return () => clearInterval(timer);
}

// What is written counts from the moment at which it waits.
const trafficOf = ({ bytesRead, bytesWritten, writableLength }: Socket): Traffic => ({
  heard: bytesRead,
  taken: bytesWritten - writableLength,
  inFlight: writableLength,
});

/** Asked at every ping; false once the client was silent at as many pings as it may be: at one, and `patience` more while it is behind. */
export function watchLife(patience: number): (now: Traffic) => boolean {
  let last: Traffic = { heard: 0, taken: 0, inFlight: 0 };
  let isBehind = false;
  let silentPings = 0;
  return (now) => {
    const isHeard = now.heard > last.heard;
    // With nothing in flight it is the kernel that takes what is sent, whether there is a client or not.
    const isTaking = last.inFlight > 0 && now.taken > last.taken;
    isBehind = now.inFlight > 0 || (isBehind && !isHeard);
    silentPings = isHeard || isTaking ? 0 : silentPings + 1;
    last = now;
    return silentPings <= (isBehind ? patience : 0);
  };
}
