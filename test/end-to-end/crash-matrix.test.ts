import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeCursor } from '../../src/events/log-position.ts';
import { seededRandom } from '../client-examples/followers.ts';
import { expectStored, expectWhole, runRounds, type Strike } from './crash-rounds.ts';
import { startCrashSite, type CrashSite } from './crash-site.ts';
import type { Stream } from './crash-streams.ts';
import { ofType } from './reviewing.ts';

/*
 * Everything that can be killed is killed in mid-stream, at moments of a seeded choice. `npm run soak` takes 20 moments for each victim.
 * All streams of a round run at once, so that each is struck at the moments of the others, too. A moment that comes when its stream has
 * ended does not count.
 */
const moments = Number(process.env['CRASH_MOMENTS'] ?? 2);
const streamsPerRound = 4;
const timeoutMs = 60_000 + moments * 30_000;

type Victim = (site: CrashSite, random: () => number) => Strike;

const victims: readonly (readonly [string, Victim])[] = [
  [
    'a client',
    (_site, random) => async (streams) => {
      for (const { line, kill } of streams) {
        if (random() < 0.5) kill();
        else void line.cutAfterBytes(Math.ceil(random() * 2_000));
      }
    },
  ],
  ['an API process', (site) => site.killServer],
  ['a worker', (site) => site.killWorker],
  ['Redis', (site) => site.killRedis],
  ['Postgres', (site) => site.killPostgres],
];

describe('in mid-stream', () => {
  let site: CrashSite;
  beforeAll(async () => {
    site = await startCrashSite(80);
  });
  afterAll(() => site.close());

  it.each(victims)(
    'the crash of %s leaves every client with exactly the log, and its end',
    { timeout: timeoutMs },
    async (name, victim) => {
      const random = seededRandom(name.length * 7_919);
      const options = { sections: streamsPerRound, moments, random, strike: victim(site, random) };
      await runRounds(site, options, async ({ analyses, documents, struck }) => {
        for (const stream of [...analyses, ...documents]) await expectWhole(site, stream);
        const restarts = analyses.flatMap(({ seen }) => ofType(seen, 'AttemptRestarted'));
        if (name === 'a worker' && struck > 0) expect(restarts.length).toBeGreaterThan(0);
      });
    },
  );

  it(
    'a rolling restart of all API processes sends their clients on to the next, who lose nothing',
    { timeout: timeoutMs },
    async () => {
      const strike: Strike = async () => {
        await site.replaceServer();
        await site.replaceServer();
      };
      const options = { sections: streamsPerRound, moments: 1, random: seededRandom(1), strike };
      await runRounds(site, options, async ({ analyses, documents, struck }) => {
        const streams = [...analyses, ...documents];
        for (const stream of streams) await expectWhole(site, stream);
        // One that was still connecting may be cut off.
        const drops = streams.filter(({ transport }) => transport === 'WebSocket').flatMap((stream) => stream.drops);
        expect(drops.filter((reason) => reason.includes('code 1001')).length).toBeGreaterThanOrEqual(struck);
      });
    },
  );

  it('a Redis that comes back empty makes clients start over, and tells them so', { timeout: timeoutMs }, async () => {
    const options = { sections: 2, moments: 1, random: seededRandom(2), strike: site.killRedisAndItsData };
    await runRounds(site, options, async ({ analyses, documents, struck }) => {
      for (const stream of analyses) {
        expectNoSilentJump(stream);
        expect(stream.seen.at(-1)).toMatchObject({ __typename: 'AnalysisCompleted' });
        await expectStored(site.prism, stream.subject.id, stream.seen);
      }
      for (const stream of documents) expect(stream.expired()).toBeGreaterThanOrEqual(struck);
    });
  });
});

/** Each event of an analysis is the next of its attempt, or the first of a later one. */
function expectNoSilentJump({ subject, seen }: Stream): void {
  const positions = seen.map(({ cursor }) => decodeCursor(subject.id, cursor).id.split('-').map(Number));
  for (const [index, [attempt = 0, seq = 0]] of positions.entries()) {
    const [attemptBefore = 0, seqBefore = 0] = positions[index - 1] ?? [];
    const isNext = attempt === attemptBefore && seq === seqBefore + 1;
    const isFirst = attempt > attemptBefore && seq === 1;
    expect(isNext || isFirst || index === 0, `${attemptBefore}-${seqBefore} to ${attempt}-${seq}`).toBe(true);
  }
}
