import { setTimeout as sleep } from 'node:timers/promises';
import { readFile } from 'node:fs/promises';
import type { ClientCommand, Latencies, Target } from './client.ts';
import { redisPrefix, type RunningContender } from './contenders.ts';
import type { PublisherCommand } from './publisher.ts';
import type { Followed, Source } from './senders.ts';
import { counters, createCounters, startThread } from './threads.ts';

/** A way of holding subscriptions: how many, and on how many channels. */
export type Load = {
  readonly follows: Followed;
  /** One channel per source; subscription k takes channel k modulo their number. */
  readonly sources: readonly Source[];
  readonly sockets: number;
  readonly subscriptionsPerSocket: number;
  readonly textBytes: number;
};

/** What happened at one server between two moments. */
export type Window = { readonly deliveriesPerSecond: number; readonly cpuUsPerDelivery: number };

const subscriptionsAtOnce = 500;

export type Lab = ReturnType<typeof createLab>;

/** The publisher and two clients that all measurements use, one after another. */
export function createLab(options: { redisUrl: string; hasShortIds: boolean }) {
  const counted = createCounters();
  const client = startThread('./client.js', { counters: counted });
  const stalling = startThread('./client.js', { counters: createCounters() });
  const publisher = startThread('./publisher.js', { counters: counted, redisUrl: options.redisUrl });
  const tell = <T = void>(command: ClientCommand): Promise<T> => client.ask<T>(command);
  const publish = (command: PublisherCommand): Promise<void> => publisher.ask(command);

  const targetOf = (server: RunningContender, load: Load, isStalling: boolean): Target => ({
    port: server.port,
    query: server.query(load.follows),
    ids: load.sources.map((source) => (load.follows === 'document' ? source.documentId : source.analysisId)),
    subscriptionsPerSocket: load.subscriptionsPerSocket,
    isStalling,
    hasShortIds: options.hasShortIds,
  });

  /** Some at a time, each lot live before the next: nobody opens thousands in the same moment, and no server is to be measured doing so. */
  async function subscribeAll(server: RunningContender, load: Load): Promise<void> {
    const perSocket = load.subscriptionsPerSocket;
    const lot = Math.max(1, Math.floor(subscriptionsAtOnce / perSocket));
    for (let first = 0; first < load.sockets; first += lot) {
      const count = Math.min(lot, load.sockets - first);
      await tell({ do: 'connect', to: targetOf(server, load, false), first, count });
      const numbers = Array.from({ length: count * perSocket }, (_, index) => first * perSocket + index);
      const channels = [...new Set(numbers.map((number) => number % load.sources.length))];
      await publish({ do: 'wake', channels, subscriptions: (first + count) * perSocket });
    }
    await publish({ do: 'settle' });
  }

  return {
    publish,
    /** Sockets that stop reading as soon as their subscriptions are live; they are live within the next second of publishing. */
    addStalled: (server: RunningContender, load: Load, sockets: number): Promise<void> =>
      stalling.ask({
        do: 'connect',
        to: targetOf(server, load, true),
        first: 0,
        count: sockets,
      } satisfies ClientCommand),

    /** Opens a load's subscriptions, all of them live when `measure` is called; closes them and forgets the events afterwards. */
    async withLoad<T>(server: RunningContender, load: Load, measure: () => Promise<T>): Promise<T> {
      const subscriptions = load.sockets * load.subscriptionsPerSocket;
      const { follows, sources, textBytes } = load;
      const fanOut = subscriptions / sources.length;
      try {
        await publish({ do: 'open', on: { kind: server.sender, redisPrefix, follows, sources, fanOut, textBytes } });
        await subscribeAll(server, load);
        return await measure();
      } finally {
        // What a thread complains of when it is closed has been the reason of an earlier failure, or is what stalled readers are there for.
        await stalling.ask({ do: 'disconnect' } satisfies ClientCommand).catch(() => undefined);
        await tell({ do: 'disconnect' }).catch(() => undefined);
        await publish({ do: 'close' });
      }
    },

    /** What a server does in the next `ms`, or for up to four times as long until there are `deliveries` to speak of. */
    async observe(server: RunningContender, ms: number, deliveries: number): Promise<Window> {
      const before = counted[counters.delivered] ?? 0;
      const [startedMs, cpuBefore] = [performance.now(), await cpuMs(server.pid)];
      const isOver = (): boolean => {
        const spentMs = performance.now() - startedMs;
        return spentMs >= 4 * ms || (spentMs >= ms && (counted[counters.delivered] ?? 0) - before >= deliveries);
      };
      while (!isOver()) await sleep(10);
      const [spentMs, cpu] = [performance.now() - startedMs, (await cpuMs(server.pid)) - cpuBefore];
      const count = (counted[counters.delivered] ?? 0) - before;
      return { deliveriesPerSecond: (count / spentMs) * 1_000, cpuUsPerDelivery: (cpu / count) * 1_000 };
    },

    /** Latencies of all that is delivered while `during` goes on, from the call that publishes to the read from the socket. */
    async recordLatencies<T>(during: () => Promise<T>): Promise<Latencies & { readonly result: T }> {
      await tell({ do: 'record' });
      const result = await during();
      return { ...(await tell<Latencies>({ do: 'recorded' })), result };
    },

    async stop(): Promise<void> {
      await Promise.all([client.stop(), stalling.stop(), publisher.stop()]);
    },
  };
}

/** User and system time of one process since it started. The kernel counts in ticks of 10 ms. */
async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field, the name, may hold spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
