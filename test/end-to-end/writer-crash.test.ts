import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSubject } from '../support/event-subjects.ts';
import { startPrism, type Prism } from '../support/prism.ts';
import { expectStored } from './crash-rounds.ts';
import { createLife, createMortalWriters, type Death } from './mortal-writer.ts';
import { collect, logOf, manySections } from './reviewing.ts';

const first = (what: string) => (now: string, before: readonly string[]) => now === what && !before.includes(what);
const nextBehind = (earlier: string) => (now: string, before: readonly string[]) =>
  now === 'append' && before.includes(earlier);

/** Each both before and behind the write. */
const moments: readonly (readonly [string, Death['at']])[] = [
  ['the fence', first('begin')],
  ['the first event', first('append')],
  ['an event in the middle', (now, before) => now === 'append' && before.filter((what) => what === now).length === 2],
  ['a finding in Postgres', first('addFinding')],
  ['a finding in the log', nextBehind('addFinding')],
  ['the percentage', first('setPercent')],
  ['what a call cost', first('addModelAttempt')],
  ['the result', first('complete')],
  ['the terminal event', nextBehind('complete')],
  ['the note that the log is closed', first('markClosed')],
];

describe('a worker that dies between any two writes', () => {
  let prism: Prism;
  let writers: ReturnType<typeof createMortalWriters>;
  beforeAll(async () => {
    prism = await startPrism({ workers: 0, tokensPerSecond: 20_000, settings: { MAX_CONCURRENT_REQUESTS: '100' } });
    writers = createMortalWriters(prism);
  });
  afterAll(async () => {
    writers.close();
    await prism.close();
  });

  /** An analysis that waits to be taken up. */
  async function queued(): Promise<string> {
    const { db } = prism.server.runtime;
    const { sectionId, analysisId } = await createSubject(db);
    const { text } = manySections(1)[0] ?? { text: '' };
    await db.section.update({ where: { id: sectionId }, data: { text, endOffset: text.length } });
    await db.analysis.update({ where: { id: analysisId }, data: { status: 'QUEUED', attempt: 0 } });
    return analysisId;
  }

  /** Makes what has ended look as old as the reconciler wants it before it takes it for lost. */
  async function reconcile(): Promise<void> {
    const { db, services } = prism.server.runtime;
    const past = new Date(Date.now() - 60_000);
    await db.analysis.updateMany({ where: { finishedAt: { not: null } }, data: { finishedAt: past } });
    await services.reconciler.reconcile();
  }

  it.each(moments)('leaves its followers with a whole log and with what is stored: %s', async (_when, at) => {
    await Promise.all(
      [false, true].map(async (hasWritten) => {
        const id = await queued();
        const life = createLife({ at, hasWritten });
        const followed = collect(prism.events('analysisEvents', id));
        await writers.run(id, life);
        expect(life.isOver.aborted).toBe(true);
        await writers.run(id, createLife());
        await reconcile();
        const seen = await followed;
        expect(seen).toEqual(await logOf(prism, id));
        expect(new Set(seen.map(({ cursor }) => cursor)).size).toBe(seen.length);
        expect(seen.at(-1)).toMatchObject({ __typename: 'AnalysisCompleted' });
        await expectStored(prism, id, seen);
      }),
    );
  });
});
