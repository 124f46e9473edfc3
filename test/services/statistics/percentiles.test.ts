import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { newId } from '../../../src/ids.ts';
import { createStatistics } from '../../../src/services/statistics/statistics.ts';
import { useTestDb } from '../../support/services.ts';
import { at, createRows } from './rows.ts';

/** The value at the place (n − 1) × share of the sorted ones, between two of them in proportion. */
function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return below === undefined || above === undefined ? null : below + (above - below) * (place % 1);
}

describe('percentiles', () => {
  const db = useTestDb({ poolSize: 2 });

  it('are those of a plain computation over the same values', async () => {
    const statistics = createStatistics({ db, clock: systemClock });
    // Many equal ones, and some that are far off, as latencies are.
    const ms = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 10_000_000 }));
    await fc.assert(
      fc.asyncProperty(fc.array(ms, { maxLength: 60 }), async (values) => {
        const rows = createRows(db, randomUUID());
        const { id: sectionId, documentId } = await rows.section(
          await rows.document(await rows.session(), at('12:00:00')),
        );
        const analyses = values.map((value) => ({
          id: newId('Analysis'),
          tenantId: rows.tenantId,
          documentId,
          sectionId,
          status: 'COMPLETED' as const,
          startedAt: at('12:00:00.001'),
          finishedAt: new Date(at('12:00:00.001').getTime() + value),
        }));
        await db.analysis.createMany({ data: analyses });
        const call = { tenantId: rows.tenantId, attempt: 1, modelKey: 'a', region: 'r', outcome: 'SUCCEEDED' } as const;
        await db.modelAttempt.createMany({
          data: analyses.map(({ id: analysisId }, index) => ({
            ...call,
            id: newId('ModelAttempt'),
            analysisId,
            startedAt: at('12:00:00'),
            durationMs: 1,
            firstTokenMs: values[index] ?? null,
          })),
        });
        const read = statistics.of(rows.caller, {});
        for (const found of [(await read.analyses()).analysisLatencyMs, await read.firstTokens()]) {
          for (const [share, value] of [
            [0.5, found.p50],
            [0.95, found.p95],
            [0.99, found.p99],
          ] as const) {
            const expected = percentile(values, share);
            if (expected === null) expect(value).toBeNull();
            else expect(Math.abs((value ?? NaN) - expected)).toBeLessThan(1e-6 * Math.max(1, expected));
          }
        }
      }),
      { numRuns: 40, seed: 20261126 },
    );
  });
});
