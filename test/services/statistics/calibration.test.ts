import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createStatistics } from '../../../src/services/statistics/statistics.ts';
import { wilsonInterval } from '../../../src/services/statistics/wilson-interval.ts';
import { useTestDb } from '../../support/services.ts';
import { at, createRows, type Rows } from './rows.ts';

describe('calibration', () => {
  const db = useTestDb({ poolSize: 2 });
  let rows: Rows;
  beforeEach(() => {
    rows = createRows(db, randomUUID());
  });
  const read = () => createStatistics({ db, clock: systemClock }).of(rows.caller, {}).calibration();
  const section = async () => rows.section(await rows.document(await rows.session(), at('12:00:00')));

  it('has a line for each model, category and risk that reviewers have decided on, with n and an interval', async () => {
    const [one, other] = [await section(), await section()];
    const byFirst = await rows.analysis(one);
    const bySecond = await rows.analysis(other);
    const decide = async (status: 'ACCEPTED' | 'REJECTED', count: number) => {
      for (let index = 0; index < count; index += 1) await rows.finding(one, byFirst.id, { status });
    };
    await decide('ACCEPTED', 8);
    await decide('REJECTED', 2);
    await rows.finding(one, byFirst.id, { status: 'REJECTED', risk: 'LOW' });
    await rows.finding(one, byFirst.id, { status: 'ACCEPTED', category: 'Privacy' });
    await rows.finding(other, bySecond.id, { status: 'REJECTED', modelKey: 'sonnet-4.6' });
    const lines = await read();
    expect(lines.map((line) => [line.modelKey, line.category, line.risk, line.decided, line.accepted])).toEqual([
      ['sonnet-4.5', 'Liability', 'HIGH', 10, 8],
      ['sonnet-4.5', 'Liability', 'LOW', 1, 0],
      ['sonnet-4.5', 'Privacy', 'HIGH', 1, 1],
      ['sonnet-4.6', 'Liability', 'HIGH', 1, 0],
    ]);
    expect(lines[0]?.acceptanceRate).toBe(0.8);
    expect(lines[0]?.low).toBeCloseTo(0.4902, 4);
    expect(lines[0]?.high).toBeCloseTo(0.9433, 4);
  });

  it('counts a decision once, in however many places the same was found', async () => {
    const one = await section();
    const { id: analysisId } = await rows.analysis(one);
    const { id: groupId } = await rows.finding(one, analysisId, { status: 'ACCEPTED' });
    for (let place = 0; place < 5; place += 1) await rows.finding(one, analysisId, { status: 'ACCEPTED', groupId });
    // Told by another model, in another section: still one judgement.
    const repeated = { status: 'ACCEPTED', groupId, modelKey: 'sonnet-4.6', category: 'Damages' } as const;
    await rows.finding(one, analysisId, repeated);
    expect(await read()).toMatchObject([{ modelKey: 'sonnet-4.5', category: 'Liability', decided: 1, accepted: 1 }]);
  });

  it('leaves out what is not decided, what a reviewer found, and what was superseded', async () => {
    const one = await section();
    const before = await rows.analysis(one);
    await rows.finding(one, before.id, { status: 'ACCEPTED' });
    expect(await read()).toHaveLength(1);
    const rerun = await rows.analysis(one);
    await rows.finding(one, rerun.id);
    await rows.finding(one, null, { status: 'ACCEPTED' });
    expect(await read()).toEqual([]);
  });
});

describe('the Wilson score interval', () => {
  it.each([
    // n, accepted and bounds of Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    [263, 81, 0.2553, 0.3662],
    [148, 15, 0.0624, 0.1605],
    [20, 0, 0, 0.1611],
    [29, 1, 0.0061, 0.1718],
  ])('of %i decided, %i accepted: %f to %f', (decided, accepted, low, high) => {
    const interval = wilsonInterval(accepted, decided);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('turns with its sides, contains the rate and stays within 0 and 1', () => {
    for (let decided = 1; decided <= 60; decided += 1) {
      for (let accepted = 0; accepted <= decided; accepted += 1) {
        const { low, high } = wilsonInterval(accepted, decided);
        const mirrored = wilsonInterval(decided - accepted, decided);
        expect(low).toBeCloseTo(1 - mirrored.high, 12);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(accepted / decided);
        expect(high).toBeGreaterThanOrEqual(accepted / decided);
      }
    }
  });
});
