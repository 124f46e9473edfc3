import { setTimeout as sleep } from 'node:timers/promises';
import { residentMb } from '../support/process-usage.ts';
import type { RunningContender } from './contenders.ts';
import type { Lab, Load } from './lab.ts';
import type { Source } from './senders.ts';
import { textBytes } from './delivery.ts';

export type IdleLayout = { readonly sockets: number; readonly subscriptionsPerSocket: number };

/** What an open subscription weighs in the server's resident memory, each on a channel of its own, in bytes. */
export async function measureIdleSubscriptions(
  lab: Lab,
  server: RunningContender,
  of: { subjects: readonly Source[]; layout: IdleLayout },
): Promise<number> {
  const loadOf = (layout: IdleLayout): Load => ({
    follows: 'analysis',
    sources: of.subjects.slice(0, layout.sockets * layout.subscriptionsPerSocket),
    textBytes,
    ...layout,
  });
  const settledMb = async (): Promise<number> => {
    await sleep(1_000);
    return residentMb(server.pid);
  };
  // What the first subscriptions bring into memory, code above all, is not theirs.
  const few = { ...of.layout, sockets: Math.ceil(of.layout.sockets / 20) };
  await lab.withLoad(server, loadOf(few), async () => undefined);
  const beforeMb = await settledMb();
  const afterMb = await lab.withLoad(server, loadOf(of.layout), settledMb);
  return ((afterMb - beforeMb) * 1024 * 1024) / (of.layout.sockets * of.layout.subscriptionsPerSocket);
}
