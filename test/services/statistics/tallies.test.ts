import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCalibration } from '../../../src/services/statistics/calibration.ts';
import { noCalls, readCallFigures } from '../../../src/services/statistics/call-figures.ts';
import { noFindings, readFindingFigures } from '../../../src/services/statistics/finding-figures.ts';
import { ofTenant, type Scope, type Window } from '../../../src/services/statistics/scope.ts';
import { mergeTallies } from '../../../src/services/statistics/tallies.ts';
import { useTestDb } from '../../support/services.ts';
import { createHistory, step } from './history.ts';
import { at, createRows } from './rows.ts';

const db = useTestDb({ poolSize: 8 });

/** What the tallies say beside what there is, by one statement, so that writers may go on: nothing when both are the same. */
const differences = (tenantId: string): Promise<unknown[]> => db.$queryRaw`
  WITH tallied AS (
    SELECT "day", "modelKey", "category" AS "what", "risk"::text, sum("pending") AS "first", sum("accepted") AS "second",
           sum("rejected") AS "third", sum("confidence") AS "fourth"
    FROM "FindingTally" WHERE "tenantId" = ${tenantId} GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT "day", "modelKey", 'call', '', sum("throttles"), sum("fallbacks"), sum("requests"), sum("inputTokens") + sum("costUsd")
    FROM "CallTally" WHERE "tenantId" = ${tenantId} GROUP BY 1, 2
  ), counted AS (
    SELECT "createdAt"::date, "modelKey", "category", "risk"::text, count(*) FILTER (WHERE "status" = 'PENDING'),
           count(*) FILTER (WHERE "status" = 'ACCEPTED'), count(*) FILTER (WHERE "status" = 'REJECTED'), sum("confidence"::decimal)
    FROM "Feedback" WHERE "tenantId" = ${tenantId} AND "isCurrent" GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT "startedAt"::date, "modelKey", 'call', '', count(*) FILTER (WHERE "outcome" = 'THROTTLED'),
           count(*) FILTER (WHERE "isFallback"), count(*), sum("inputTokens") + sum("costUsd"::decimal)
    FROM "ModelAttempt" WHERE "tenantId" = ${tenantId} AND "outcome" <> 'SKIPPED_COOLING_DOWN' GROUP BY 1, 2
  )
  (SELECT * FROM tallied WHERE ("first", "second", "third", "fourth") <> (0, 0, 0, 0) EXCEPT TABLE counted)
  UNION ALL (TABLE counted EXCEPT TABLE tallied)`;

/** The figures that come from tallies; of sessions they are counted row by row. */
async function figuresOf(scope: Scope) {
  const key = scope.sessionIds?.[0] ?? ofTenant;
  const [findings, calls, calibration] = await Promise.all([
    readFindingFigures(db, scope),
    readCallFigures(db, scope),
    readCalibration(db, scope),
  ]);
  return {
    findings: findings.get(key) ?? noFindings,
    calls: calls.get(key) ?? noCalls,
    calibration: calibration.get(key) ?? [],
  };
}

describe('tallies', () => {
  const time = fc.option(step.map(({ createdAt }) => createdAt));
  const window = fc
    .tuple(time, time)
    .filter(([since, until]) => since === null || until === null || since <= until)
    .map(([since, until]): Window => ({ since, until }));
  const steps = fc.array(step, { minLength: 10, maxLength: 30 });

  it('say what counting would find, whatever is written, decided, run again, deleted and merged at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(steps, steps, steps), fc.array(window, { maxLength: 5 }), async (writers, windows) => {
        const rows = createRows(db, randomUUID());
        const { tenantId } = rows;
        const sessionId = await rows.session();
        const history = createHistory(db, rows, sessionId);
        await history.upload(new Date('2026-05-04T12:00:00Z'));
        const ended = new AbortController();
        const writing = Promise.all(writers.map((each) => history.run(each))).finally(() => ended.abort());
        const watch = async () => {
          while (!ended.signal.aborted) expect(await differences(tenantId)).toEqual([]);
        };
        await Promise.all([writing, watch()]);
        expect(await differences(tenantId)).toEqual([]);
        for (const each of [{ since: null, until: null }, ...windows]) {
          const [tallied, counted] = await Promise.all([
            figuresOf({ tenantId, sessionIds: null, window: each }),
            figuresOf({ tenantId, sessionIds: [sessionId], window: each }),
          ]);
          expect(tallied).toEqual(counted);
        }
        await Promise.all([mergeTallies(db), mergeTallies(db)]);
        expect(await differences(tenantId)).toEqual([]);
      }),
      { numRuns: 8, seed: 20261127, endOnFailure: true },
    );
  }, 120_000);

  it('have nobody wait: neither writers of the same kind of finding, nor a merge', async () => {
    const rows = createRows(db, randomUUID());
    const documentId = await rows.document(await rows.session(), at('12:00:00'));
    const [one, other] = [await rows.section(documentId), await rows.section(documentId)];
    await rows.finding(one, null);
    const merged = async (): Promise<unknown> =>
      db.$queryRaw`SELECT sum("pending")::int AS "count", count(*)::int AS "rows" FROM "FindingTally" WHERE "tenantId" = ${rows.tenantId}`;
    await db.$transaction(async (transaction) => {
      await createRows(transaction, rows.tenantId).finding(one, null);
      await rows.finding(other, null);
      await rows.finding(other, null);
      await mergeTallies(db);
      expect(await merged()).toEqual([{ count: 3, rows: 1 }]);
    });
    expect(await merged()).toEqual([{ count: 4, rows: 2 }]);
    await mergeTallies(db);
    expect(await merged()).toEqual([{ count: 4, rows: 1 }]);
  });

  it('lose nothing when a merge finds a part of a day in the hands of another', async () => {
    const rows = createRows(db, randomUUID());
    const { tenantId } = rows;
    const { id } = await rows.finding(
      await rows.section(await rows.document(await rows.session(), at('12:00:00'))),
      null,
    );
    await mergeTallies(db);
    await db.$transaction(async (transaction) => {
      await transaction.$queryRaw`SELECT 1 FROM "FindingTally" WHERE "tenantId" = ${tenantId} FOR UPDATE`;
      // Takes one pending away and adds one accepted: nothing in number.
      await db.feedback.update({ where: { id }, data: { status: 'ACCEPTED' } });
      await mergeTallies(db);
    });
    expect(await differences(tenantId)).toEqual([]);
  });
});
