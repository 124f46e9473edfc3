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
const moments = Number(process.env['CRASH_MOMENTS'] ?? 1);
const streamsPerRound = 4;
const timeoutMs = 60_000 + moments * 90_000;
// Of a terminal event that was put in place of a log that is lost.
const endSeq = 2 ** 31 - 1;

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
        if (!endsInPlace(stream)) await expectStored(site.prism, stream.subject.id, stream.seen);
      }
      for (const stream of documents) expect(stream.expired()).toBeGreaterThanOrEqual(struck);
    });
  });
});

const positionsOf = ({ subject, seen }: Stream): (readonly [number, number])[] =>
  seen.map(({ cursor }) => {
    const [attempt = 0, seq = 0] = decodeCursor(subject.id, cursor).id.split('-').map(Number);
    return [attempt, seq];
  });

/** It had ended when the log was lost: its terminal event, which tells all, stands for the rest. */
const endsInPlace = (stream: Stream): boolean => positionsOf(stream).at(-1)?.[1] === endSeq;

/** Each event of an analysis is the next of its attempt, the first of a later one, or the end. */
function expectNoSilentJump(stream: Stream): void {
  const positions = positionsOf(stream);
  for (const [index, [attempt, seq]] of positions.entries()) {
    const [attemptBefore, seqBefore] = positions[index - 1] ?? [attempt, seq - 1];
    const isNext = attempt === attemptBefore && seq === seqBefore + 1;
    const isFirst = attempt > attemptBefore && seq === 1;
    const isEnd = seq === endSeq && index === positions.length - 1;
    expect(isNext || isFirst || isEnd, `${attemptBefore}-${seqBefore} to ${attempt}-${seq}`).toBe(true);
  }
}
