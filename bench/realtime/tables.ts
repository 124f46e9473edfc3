import type { Table } from '../support/result.ts';
import { median, overRuns } from '../support/statistics.ts';
import type { AppendCost } from './append-cost.ts';
import type { ContenderKey } from './contenders.ts';
import type { Delivery, Shape } from './delivery.ts';
import type { IdleLayout } from './idle-subscriptions.ts';
import { stalledLoad, type Stalled } from './stalled-readers.ts';

/** Measurements by server, one per pass; those of one pass lie next to each other in time, so ratios are taken within it. */
export type ByServer<T> = ReadonlyMap<ContenderKey, readonly T[]>;
type Named = { readonly key: ContenderKey; readonly name: string };

/** For each server: its ratio to a bare socket, pass by pass. */
function ratios<T>(all: ByServer<T>, key: ContenderKey, of: (measured: T) => number): readonly number[] {
  const bare = all.get('bare') ?? [];
  return (all.get(key) ?? []).flatMap((measured, pass) => {
    const base = bare[pass];
    return base === undefined ? [] : [of(measured) / of(base)];
  });
}

/** A line for each load at which ours costs more CPU than it may. */
export function missedAims(shape: Shape, all: ByServer<Delivery>): string[] {
  const ratio = median(ratios(all, 'prism', (pass) => pass[shape.aimsAt].cpuUsPerDelivery));
  if (ratio <= shape.aim) return [];
  return [`${shape.title}: ${two(ratio)} x the CPU of a bare socket, ${two(shape.aim)} at most`];
}

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const one = (value: number): string => value.toFixed(1);
const two = (value: number): string => value.toFixed(2);
const times = (values: readonly number[]): string => (values.length === 0 ? '' : overRuns(values, two));
const mid = (values: readonly number[], format: (value: number) => string): string => format(median(values));

export function deliveryTable(shape: Shape, servers: readonly Named[], all: ByServer<Delivery>): Table {
  const rate = shape.eventsPerSecond * (shape.isShared ? shape.clients : 1);
  return {
    title: `${shape.title}; steady means ${whole(rate)} deliveries/s (aim: ${shape.aim} x the CPU of bare, ${shape.aimsAt})`,
    columns: [
      '',
      'deliveries/s',
      'x bare',
      'CPU µs, saturated',
      'x bare',
      'CPU µs, steady',
      'x bare',
      'p50 ms',
      'p99 ms',
    ],
    rows: servers.flatMap(({ key, name }) => {
      const passes = all.get(key);
      if (!passes) return [];
      const saturated = passes.map((pass) => pass.saturated);
      const steady = passes.map((pass) => pass.steady);
      return [
        [
          name,
          mid(
            saturated.map((window) => window.deliveriesPerSecond),
            whole,
          ),
          times(ratios(all, key, (pass) => pass.saturated.deliveriesPerSecond)),
          mid(
            saturated.map((window) => window.cpuUsPerDelivery),
            one,
          ),
          times(ratios(all, key, (pass) => pass.saturated.cpuUsPerDelivery)),
          mid(
            steady.map((window) => window.cpuUsPerDelivery),
            one,
          ),
          times(ratios(all, key, (pass) => pass.steady.cpuUsPerDelivery)),
          mid(
            steady.map((window) => window.p50Ms),
            two,
          ),
          mid(
            steady.map((window) => window.p99Ms),
            one,
          ),
        ],
      ];
    }),
  };
}

export const stalledTable = (servers: readonly Named[], all: ByServer<Stalled>, stalledMs: number): Table => ({
  title: `${stalledLoad.stalled} of ${stalledLoad.readers + stalledLoad.stalled} readers stalled for ${stalledMs / 1_000} s, ${whole(stalledLoad.eventsPerSecond)} events/s of 8 kB (aim: growth < 10 MB, p99 unchanged)`,
  columns: ['', 'p99 ms, all reading', 'p99 ms, ten stalled', 'growth MB', 'the server'],
  rows: servers.flatMap(({ key, name }) => {
    const passes = all.get(key);
    if (!passes) return [];
    return [
      [
        name,
        mid(
          passes.map((pass) => pass.p99BeforeMs),
          one,
        ),
        mid(
          passes.map((pass) => pass.p99Ms),
          one,
        ),
        overRuns(
          passes.map((pass) => pass.growthMb),
          whole,
        ),
        passes.find((pass) => pass.ended !== null)
          ? `dies (${passes.find((pass) => pass.ended !== null)?.ended})`
          : 'lives',
      ],
    ];
  }),
});

export const idleTable = (servers: readonly Named[], all: ByServer<number>, layout: IdleLayout): Table => ({
  title: `${whole(layout.sockets * layout.subscriptionsPerSocket)} idle subscriptions, ${layout.subscriptionsPerSocket} on each of ${whole(layout.sockets)} sockets, each on a channel of its own`,
  columns: ['', 'bytes each'],
  rows: servers.flatMap(({ key, name }) => {
    const passes = all.get(key);
    return passes ? [[name, overRuns(passes, whole)]] : [];
  }),
});

export function appendTable(all: ReadonlyMap<string, readonly AppendCost[]>): Table {
  const names = [...all.keys()];
  const ratioTo = (base: string | undefined, name: string, of: (cost: AppendCost) => number): string =>
    times(
      (all.get(name) ?? []).flatMap((cost, round) => {
        const other = all.get(base ?? '')?.[round];
        return other ? [of(cost) / of(other)] : [];
      }),
    );
  return {
    title: `Appending one event (aim: 1.5 x the first)`,
    columns: ['', 'Redis CPU µs', 'x first', 'x second', 'µs, one at a time', 'x first', 'µs, 32 at a time', 'x first'],
    rows: names.map((name) => {
      const costs = all.get(name) ?? [];
      return [
        name,
        mid(
          costs.map((cost) => cost.redisUs),
          one,
        ),
        ratioTo(names[0], name, (cost) => cost.redisUs),
        ratioTo(names[1], name, (cost) => cost.redisUs),
        mid(
          costs.map((cost) => cost.aloneUs),
          one,
        ),
        ratioTo(names[0], name, (cost) => cost.aloneUs),
        mid(
          costs.map((cost) => cost.manyUs),
          one,
        ),
        ratioTo(names[0], name, (cost) => cost.manyUs),
      ];
    }),
  };
}
