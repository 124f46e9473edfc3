import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export type TcpProxy = {
  readonly port: number;
  /** The same URL, through the proxy. */
  via(url: string): string;
  /** Sends new connections to another server; those that are open stay where they are. */
  retarget(url: string): void;
  /** Ends all connections with a reset, as when a machine dies. New ones are taken. */
  cut(): void;
  /** Closes the connection on which the `count`-th further byte goes to a client, behind that byte: in the middle of a frame or a line. */
  cutAfterBytes(count: number): Promise<void>;
  /** Forwards nothing more and closes nothing, a dead line of which nobody says so. New connections are taken and left alone. */
  pause(): void;
  /** Forwards again, what came meanwhile first. */
  resume(): void;
  /** Resets new connections at once, until `accept`. */
  refuse(): void;
  accept(): void;
  /** Connections that are open now. */
  connectionCount(): number;
  /** Connections that were ever taken. */
  acceptedCount(): number;
  close(): Promise<void>;
};

type Pair = { readonly client: Socket; readonly server: Socket };

/** Stands between clients and the server of `target` (a URL) on a free port of loopback, and breaks what runs through it on request. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let address = new URL(target);
  let isRefusing = false;
  let isPaused = false;
  let accepted = 0;
  let planned: { bytesLeft: number; done: () => void } | null = null;

  const server = createServer((client) => {
    if (isRefusing) return void client.resetAndDestroy();
    accepted += 1;
    const pair = { client, server: connect(Number(address.port), address.hostname) };
    pairs.add(pair);
    client.on('data', (chunk) => forward(chunk, client, pair.server));
    pair.server.on('data', (chunk) => toClient(chunk, pair));
    link(client, pair.server, pair);
    link(pair.server, client, pair);
    if (isPaused) hold(pair);
  });

  function link(from: Socket, to: Socket, pair: Pair): void {
    from.setNoDelay(true);
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      to.destroy();
      pairs.delete(pair);
    });
  }

  function toClient(chunk: Buffer, pair: Pair): void {
    if (!planned) return forward(chunk, pair.server, pair.client);
    const { bytesLeft, done } = planned;
    if (chunk.length < bytesLeft) {
      planned.bytesLeft -= chunk.length;
      return forward(chunk, pair.server, pair.client);
    }
    planned = null;
    pair.server.destroy();
    pair.client.end(chunk.subarray(0, bytesLeft), done);
  }

  /** With back-pressure, so that a slow reader is slow for the other side, too. */
  function forward(chunk: Buffer, from: Socket, to: Socket): void {
    if (to.write(chunk)) return;
    from.pause();
    to.once('drain', () => {
      if (!isPaused) from.resume();
    });
  }

  function cut(): void {
    for (const { client, server: upstream } of pairs) {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    via(url) {
      const changed = new URL(url);
      changed.host = `127.0.0.1:${port}`;
      return changed.href;
    },
    retarget: (url) => void (address = new URL(url)),
    cut,
    cutAfterBytes: (count) => new Promise((done) => (planned = { bytesLeft: count, done })),
    pause() {
      isPaused = true;
      pairs.forEach(hold);
    },
    resume() {
      isPaused = false;
      for (const { client, server: upstream } of pairs) {
        client.resume();
        upstream.resume();
      }
    },
    refuse: () => void (isRefusing = true),
    accept: () => void (isRefusing = false),
    connectionCount: () => pairs.size,
    acceptedCount: () => accepted,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}

function hold({ client, server }: Pair): void {
  client.pause();
  server.pause();
}
