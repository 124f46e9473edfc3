import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Prism } from './prism.ts';

/** How many there are of each kind of thing that can be left open. */
type Counts = Readonly<Record<string, number>>;

// Pipes belong to the test runner.
const kinds = ['TCPSocketWrap', 'TCPServerWrap', 'ProcessWrap', 'Timeout'];

type Emitter = { eventNames(): (string | symbol)[]; listenerCount(name: string | symbol): number };

const listenersOf = (emitter: Emitter): number =>
  emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);

function openInProcess(): Counts {
  const open = process.getActiveResourcesInfo();
  const counts = kinds.map((kind) => [kind, open.filter((name) => name === kind).length] as const);
  return Object.fromEntries(counts);
}

/**
 * Remembers what is open now. The answer, called in the same kind of hook at the end, throws while more sockets, servers, processes or
 * timers are, for ten seconds: connections that `fetch` keeps for reuse close some time after their last use.
 */
function watchForLeaks(countOthers: () => Counts = () => ({})): () => Promise<void> {
  const count = (): Counts => ({ ...openInProcess(), ...countOthers() });
  const before = count();
  return async () => {
    const above = (): string[] =>
      Object.entries(count())
        .filter(([kind, now]) => now > (before[kind] ?? 0))
        .map(([kind, now]) => `${now} ${kind}, were ${before[kind] ?? 0}`);
    for (let round = 0; above().length > 0; round += 1) {
      if (round === 100) throw new Error(`Left open: ${above().join('; ')}.`);
      // Not a ref'd timer, which would be counted.
      await new Promise((resolve) => setTimeout(resolve, 100).unref());
    }
  };
}

/**
 * Makes each test from here on fail that leaves anything open which was not open before it, hooks of its own included. Call it before those
 * hooks are registered.
 */
export function expectNothingLeftOpen(countOthers: () => Counts = () => ({})): void {
  beforeEach(({ onTestFinished }) => {
    const count = (): Counts => ({ 'listeners of the process': listenersOf(process), ...countOthers() });
    // What is registered first is called last: behind the test's own cleaning up.
    onTestFinished(watchForLeaks(count));
  });
}

/** With these an installation has all the connections that its tests need from the start. */
export const leakCheckedSettings = { DATABASE_POOL_SIZE: '1' };

/**
 * Starts an installation (with `leakCheckedSettings`) for the tests that follow, and closes it behind them. Each of them fails that leaves
 * anything open, channels and listeners of its connections among it, and so does the last hook when the installation itself does.
 */
export function shareWithoutLeaks(start: () => Promise<Prism>): void {
  let prism: Prism;
  let expectNoLeaks: () => Promise<void>;
  beforeAll(async () => {
    expectNoLeaks = watchForLeaks();
    prism = await start();
  });
  afterAll(async () => {
    await prism.close();
    await expectNoLeaks();
  });
  beforeEach(async () => {
    // Idle connections end by themselves; they are no leak of the test that makes them anew.
    await prism.ask('{ sessions(first: 1) { totalCount } }');
  });
  expectNothingLeftOpen(() => {
    const { hub, redis } = prism.server.runtime;
    return { channels: hub.channelCount(), 'listeners of the Redis connection': listenersOf(redis) };
  });
}
