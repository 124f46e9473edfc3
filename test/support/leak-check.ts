import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Prism } from './prism.ts';
// For what it keeps alive.
import './silent-logger.ts';

/** How many there are of each kind of thing that can be left open. */
type Counts = Readonly<Record<string, number>>;

// Pipes belong to the test runner.
const kinds = ['TCPSocketWrap', 'TCPServerWrap', 'ProcessWrap', 'Timeout'];

/** Its timer is not ref'd, and so not counted. */
const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms).unref());

// The runner has a timer of its own for so long when a test begins; counted, it would hide another one that is left open.
const reportedWithinMs = 120;

type Emitter = { eventNames(): (string | symbol)[]; listenerCount(name: string | symbol): number };

const listenersOf = (owner: string, emitter: Emitter): Counts =>
  Object.fromEntries(
    emitter
      .eventNames()
      .map((name) => [`listeners of ${owner} for ${String(name)}`, emitter.listenerCount(name)] as const),
  );

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
      await pause(100);
    }
  };
}

/**
 * Makes each test from here on fail that leaves anything open which was not open before it, once `afterEach` hooks that are
 * registered behind this one have cleaned up.
 */
export function expectNothingLeftOpen(countOthers: () => Counts = () => ({})): void {
  let expectNoLeaks: () => Promise<void>;
  beforeEach(async () => {
    await pause(reportedWithinMs);
    expectNoLeaks = watchForLeaks(() => ({ ...listenersOf('the process', process), ...countOthers() }));
  });
  // What is registered first is called last: behind the cleaning up of others.
  afterEach(() => expectNoLeaks());
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
    return { channels: hub.channelCount(), ...listenersOf('the Redis connection', redis) };
  });
}
