import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningContender } from './contenders.ts';
import type { Lab, Load, Window } from './lab.ts';
import type { Source } from './senders.ts';

/*
 * What it takes to bring an event to those who watch: at a rate that every server keeps up with, and at the most that client, publisher,
 * Redis and server can do together on this machine.
 */

export type Shape = {
  readonly key: ShapeKey;
  readonly title: string;
  readonly clients: number;
  readonly isShared: boolean;
  readonly eventsPerSecond: number;
  /** Events under way at saturation. */
  readonly window: number;
  /** Most CPU per delivery, as a multiple of a bare socket's. */
  readonly aim: number;
  /** Where it counts. With a channel for each client, saturation is the publisher's and Redis's more than the server's. */
  readonly aimsAt: 'saturated' | 'steady';
};

export type ShapeKey = 'shared-100' | 'shared-1000' | 'own-1000';

export const shapes: readonly Shape[] = [
  {
    key: 'shared-100',
    title: 'One document, 100 clients',
    clients: 100,
    isShared: true,
    eventsPerSecond: 100,
    window: 50,
    aim: 1.3,
    aimsAt: 'saturated',
  },
  {
    key: 'shared-1000',
    title: 'One document, 1,000 clients',
    clients: 1_000,
    isShared: true,
    eventsPerSecond: 10,
    window: 10,
    aim: 1.3,
    aimsAt: 'saturated',
  },
  {
    key: 'own-1000',
    title: 'An analysis of its own for each of 1,000 clients',
    clients: 1_000,
    isShared: false,
    eventsPerSecond: 5_000,
    window: 2_000,
    aim: 2,
    aimsAt: 'steady',
  },
];

export type Delivery = {
  readonly steady: Window & { readonly p50Ms: number; readonly p99Ms: number };
  readonly saturated: Window;
};

// A few figures under which a window says nothing: of deliveries, and of the time that it takes for code to be compiled.
const fewestDeliveries = 10_000;
const settleMs = 200;
const warmUp = { ms: 2_000, deliveries: 100_000 };

/** Makes an event of 200 bytes of JSON: `{"__typename":…,"cursor":…,"at":…,"attempt":…,"text":…}`. */
export const textBytes = 74;

const loadOf = (shape: Shape, subjects: readonly Source[]): Load => ({
  follows: shape.isShared ? 'document' : 'analysis',
  sources: subjects.slice(0, shape.isShared ? 1 : shape.clients),
  sockets: shape.clients,
  subscriptionsPerSocket: 1,
  textBytes,
});

/** Throws when a delivery is missing or comes twice. */
export function measureDelivery(
  lab: Lab,
  server: RunningContender,
  of: { shape: Shape; subjects: readonly Source[]; ms: number },
): Promise<Delivery> {
  const { shape, subjects, ms } = of;
  return lab.withLoad(server, loadOf(shape, subjects), async () => {
    await lab.publish({ do: 'saturate', window: shape.window });
    await lab.observe(server, warmUp.ms, warmUp.deliveries);
    const saturated = await lab.observe(server, ms, fewestDeliveries);
    await lab.publish({ do: 'drain' });
    await lab.publish({ do: 'pace', eventsPerSecond: shape.eventsPerSecond });
    await sleep(settleMs);
    const steady = await lab.recordLatencies(() => lab.observe(server, ms, 0));
    await lab.publish({ do: 'drain' });
    return { steady: { ...steady.result, p50Ms: steady.p50Ms, p99Ms: steady.p99Ms }, saturated };
  });
}
