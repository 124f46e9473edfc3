import { setTimeout as sleep } from 'node:timers/promises';
import { residentMb } from '../support/process-usage.ts';
import type { RunningContender } from './contenders.ts';
import type { Lab, Load } from './lab.ts';
import type { Source } from './senders.ts';

/*
 * Twenty clients follow a document; then all over again, but ten of them stop reading. What these are owed piles up: in the kernel's
 * buffers first (4 to 6 MB a socket; events are large here so that this takes seconds, not minutes), then wherever the server keeps it.
 */

export type Stalled = {
  /** When all read, and of those who read while the others stall. */
  readonly p99BeforeMs: number;
  readonly p99Ms: number;
  /** Most memory while ten stalled, over the most while all read. */
  readonly growthMb: number;
  /** How the server ended, if it did. */
  readonly ended: string | null;
};

export const stalledLoad = { readers: 10, stalled: 10, textBytes: 8_000, eventsPerSecond: 500 } as const;

const sampleEveryMs = 100;

export async function measureStalledReaders(
  lab: Lab,
  server: RunningContender,
  of: { subjects: readonly Source[]; beforeMs: number; stalledMs: number },
): Promise<Stalled> {
  const load: Load = {
    follows: 'document',
    sources: of.subjects.slice(0, 1),
    sockets: stalledLoad.readers,
    subscriptionsPerSocket: 1,
    textBytes: stalledLoad.textBytes,
  };
  const end: { how: string | null } = { how: null };
  server.onExit((how) => (end.how = how));
  const peakMb = async (ms: number): Promise<number> => {
    let peak = 0;
    for (const overMs = performance.now() + ms; performance.now() < overMs && end.how === null;) {
      // It may end between the question and the answer.
      const mb = await residentMb(server.pid).catch(() => NaN);
      if (mb > peak) peak = mb;
      await sleep(sampleEveryMs);
    }
    return peak;
  };
  const all = stalledLoad.readers + stalledLoad.stalled;
  const watch = async (ms: number) => {
    await lab.publish({ do: 'pace', eventsPerSecond: stalledLoad.eventsPerSecond });
    return lab.recordLatencies(() => peakMb(ms));
  };
  const before = await lab.withLoad(server, { ...load, sockets: all }, () => watch(of.beforeMs));
  const during = await lab.withLoad(server, load, async () => {
    await lab.addStalled(server, load, stalledLoad.stalled).catch((error: unknown) => {
      if (end.how === null) throw error;
    });
    return watch(of.stalledMs);
  });
  return { p99BeforeMs: before.p99Ms, p99Ms: during.p99Ms, growthMb: during.result - before.result, ended: end.how };
}
