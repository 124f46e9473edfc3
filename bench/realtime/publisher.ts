import { setTimeout as sleep } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { loadText } from './load-text.ts';
import { createSender, type Followed, type Sender, type SenderKind, type Source } from './senders.ts';
import { answerCommands, counters, type Counters } from './threads.ts';

/* A thread that publishes to one server at a time: at a fixed rate, or as fast as clients get it. Channels take turns. */

export type PublisherCommand =
  | { readonly do: 'open'; readonly on: PublisherTarget }
  /** One event on each of these channels, again and again until so many subscriptions have heard one: the protocol has no word for "subscribed". */
  | { readonly do: 'wake'; readonly channels: readonly number[]; readonly subscriptions: number }
  /** Waits until nothing more is delivered; from then on every delivery is accounted for. */
  | { readonly do: 'settle' }
  | { readonly do: 'pace'; readonly eventsPerSecond: number }
  /** With at most `window` events published and not yet delivered to all. */
  | { readonly do: 'saturate'; readonly window: number }
  /** Stops, and waits until all that was published since `settle` is delivered; throws when something is missing, or was delivered twice. */
  | { readonly do: 'drain' }
  /** Stops without waiting, and removes what was published. */
  | { readonly do: 'close' };

type PublisherTarget = {
  readonly kind: SenderKind;
  readonly redisPrefix: string;
  readonly follows: Followed;
  readonly sources: readonly Source[];
  /** Deliveries per event. */
  readonly fanOut: number;
  readonly textBytes: number;
};

const shared = workerData as { counters: Counters; redisUrl: string };
const wakeTimeoutMs = 30_000;
const wakeRoundMs = 1_000;
const drainTimeoutMs = 5_000;
const stillMs = 200;
const tickMs = 1;

type Open = PublisherTarget & { readonly sender: Sender };

let open: Open | null = null;
let published = 0;
/** Where both counts stood when every subscription was live and nothing was under way. */
let base = { published: 0, delivered: 0 };
let failure: Error | null = null;
let timer: NodeJS.Timeout | null = null;

const delivered = (): number => Atomics.load(shared.counters, counters.delivered);
const owed = ({ fanOut }: Open): number => (published - base.published) * fanOut - (delivered() - base.delivered);

function requireOpen(): Open {
  if (failure !== null) throw failure;
  if (open === null) throw new Error('No server to publish to.');
  return open;
}

const publishNext = (of: Open): Promise<void> => publishOn(of, published % of.sources.length);

function publishOn({ sender, sources, textBytes }: Open, channel: number): Promise<void> {
  const source = sources[channel];
  if (!source) throw new Error(`There is no channel ${channel} to publish on.`);
  published += 1;
  return sender.send(source, loadText(channel, textBytes)).catch((error: Error) => void (failure ??= error));
}

async function wake(channels: readonly number[], subscriptions: number): Promise<void> {
  const of = requireOpen();
  const hasAll = (): boolean => Atomics.load(shared.counters, counters.heard) >= subscriptions;
  const deadlineMs = performance.now() + wakeTimeoutMs;
  while (!hasAll()) {
    // A round waits for the one before it, so that a server that is still subscribing is not buried.
    await Promise.all(channels.map((channel) => publishOn(of, channel)));
    const roundOverMs = performance.now() + wakeRoundMs;
    while (!hasAll() && performance.now() < roundOverMs) await sleep(10);
    requireOpen();
    if (performance.now() > deadlineMs) throw new Error('Some subscriptions have heard nothing for half a minute.');
  }
}

async function settle(): Promise<void> {
  for (let before = -1; before !== delivered();) {
    before = delivered();
    await sleep(stillMs);
  }
  base = { published, delivered: delivered() };
}

function pace(eventsPerSecond: number): void {
  const of = requireOpen();
  const startedMs = performance.now();
  let count = 0;
  timer = setInterval(() => {
    const due = ((performance.now() - startedMs) / 1_000) * eventsPerSecond;
    for (; count < due; count += 1) void publishNext(of);
  }, tickMs);
}

function saturate(window: number): void {
  const of = requireOpen();
  timer = setInterval(() => {
    for (let free = window - owed(of) / of.fanOut; free > 0; free -= 1) void publishNext(of);
  }, tickMs);
}

const halt = (): void => void (timer && clearInterval(timer));

async function drain(): Promise<void> {
  halt();
  const of = requireOpen();
  let left = owed(of);
  for (let deadlineMs = performance.now() + drainTimeoutMs; left > 0 && performance.now() < deadlineMs;) {
    await sleep(10);
    if (owed(of) < left) deadlineMs = performance.now() + drainTimeoutMs;
    left = owed(of);
  }
  // One that comes twice comes late.
  await sleep(20);
  requireOpen();
  const missing = owed(of);
  if (missing > 0) throw new Error(`${missing} deliveries are missing.`);
  if (missing < 0) throw new Error(`${-missing} deliveries too many.`);
}

async function close(): Promise<void> {
  halt();
  await open?.sender.forget();
  open?.sender.close();
  open = null;
  failure = null;
}

async function carryOut(command: PublisherCommand): Promise<unknown> {
  switch (command.do) {
    case 'open':
      published = 0;
      open = { ...command.on, sender: createSender({ ...command.on, redisUrl: shared.redisUrl }) };
      return undefined;
    case 'wake':
      return wake(command.channels, command.subscriptions);
    case 'settle':
      return settle();
    case 'pace':
      return pace(command.eventsPerSecond);
    case 'saturate':
      return saturate(command.window);
    case 'drain':
      return drain();
    case 'close':
      return close();
  }
}

answerCommands(carryOut);
