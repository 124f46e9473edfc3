import { once } from 'es-toolkit/function/once';
import type { Clock } from '../../clock.ts';
import type { Db } from '../../db.ts';
import type { Caller } from '../caller.ts';
import { updateInterval, watchChanges } from '../watch-changes.ts';
import { noAnalyses, readAnalysisFigures, type AnalysisFigures } from './analysis-figures.ts';
import { readCalibration, type Calibration } from './calibration.ts';
import { noCalls, readCallFigures, type CallFigures } from './call-figures.ts';
import { noContents, readContents, type Contents } from './contents.ts';
import { noFindings, readFindingFigures, type FindingFigures } from './finding-figures.ts';
import { readFirstTokens } from './first-tokens.ts';
import { noPercentiles, type Percentiles } from './percentiles.ts';
import { allTime, ofTenant, requireWindow, type Found, type Scope } from './scope.ts';
import { createSharedReads } from '../shared-reads.ts';

/** All figures, by the statement that finds them. What each counts stands with its type. */
export type Figures = {
  readonly contents: Contents;
  readonly analyses: AnalysisFigures;
  readonly findings: FindingFigures;
  readonly calls: CallFigures;
  readonly firstTokens: Percentiles;
  readonly calibration: readonly Calibration[];
};

/** Figures that are read when they are asked for, each statement at most once. */
export type Statistics = { readonly [K in keyof Figures]: () => Promise<Figures[K]> };

type Statement<T> = { readonly read: (db: Db, scope: Scope) => Promise<Found<T>>; readonly none: T };

const statements: { readonly [K in keyof Figures]: Statement<Figures[K]> } = {
  contents: { read: readContents, none: noContents },
  analyses: { read: readAnalysisFigures, none: noAnalyses },
  findings: { read: readFindingFigures, none: noFindings },
  calls: { read: readCallFigures, none: noCalls },
  firstTokens: { read: readFirstTokens, none: noPercentiles },
  calibration: { read: readCalibration, none: [] },
};

export type LoadFigures = <K extends keyof Figures>(name: K) => Promise<Figures[K]>;

export const lazyStatistics = (load: LoadFigures): Statistics => ({
  contents: once(() => load('contents')),
  analyses: once(() => load('analyses')),
  findings: once(() => load('findings')),
  calls: once(() => load('calls')),
  firstTokens: once(() => load('firstTokens')),
  calibration: once(() => load('calibration')),
});

/** Every statement, side by side. Each sees the moment at which it ran. */
export async function readAll(statistics: Statistics): Promise<Figures> {
  const [contents, analyses, findings, calls, firstTokens, calibration] = await Promise.all([
    statistics.contents(),
    statistics.analyses(),
    statistics.findings(),
    statistics.calls(),
    statistics.firstTokens(),
    statistics.calibration(),
  ]);
  return { contents, analyses, findings, calls, firstTokens, calibration };
}

/**
 * Figures over all that a tenant or a session has, worked out by Postgres when they are asked for, over what is there at that moment: what is
 * deleted no longer counts. Findings and calls of a tenant's whole days are counted as they are written (tallies.ts). Windows are half-open:
 * from `since` on, before `until`.
 */
export function createStatistics({ db, clock }: { db: Db; clock: Clock }) {
  const ofScope = (scope: Scope): Statistics =>
    lazyStatistics(async (name) => {
      const { read, none } = statements[name];
      return (await read(db, scope)).get(ofTenant) ?? none;
    });

  const shareReads = createSharedReads<Figures>(clock);
  const readTenant = ({ tenantId }: Caller): Promise<Figures> =>
    shareReads(tenantId, () => readAll(ofScope({ tenantId, sessionIds: null, window: allTime })));

  return {
    /** Of all that the caller's tenant has. Throws BAD_USER_INPUT when `since` is later than `until`. */
    of: (
      { tenantId }: Caller,
      window: { since?: Date | null | undefined; until?: Date | null | undefined },
    ): Statistics => ofScope({ tenantId, sessionIds: null, window: requireWindow(window.since, window.until) }),

    /** One statement's figures for several sessions at once, in their order: no window. */
    async ofSessions<K extends keyof Figures>(
      { tenantId }: Caller,
      name: K,
      sessionIds: readonly string[],
    ): Promise<Figures[K][]> {
      const { read, none } = statements[name];
      const found = await read(db, { tenantId, sessionIds, window: allTime });
      return sessionIds.map((id) => found.get(id) ?? none);
    },

    /**
     * Of all that the caller's tenant has: now, then whenever a figure has changed, at most once per interval: 250 to 60,000 ms, 2 s when
     * left out. However many watch, a tenant is read at most four times a second per process; so the first value may be 250 ms old.
     */
    watch: (caller: Caller, intervalMs: number | null | undefined): AsyncIterableIterator<Figures> =>
      watchChanges(() => readTenant(caller), { intervalMs: updateInterval(intervalMs, 2_000), clock }),
  };
}
