import { fromUUID } from 'typeid-js';
import type { Clock } from '../clock.ts';
import type { Db } from '../db.ts';
import { idPrefixes } from '../ids.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import type { AdmissionControl, ThrottleSnapshot } from '../throttle/admission-port.ts';
import type { Caller } from './caller.ts';
import { estimateRemainingMs, type FleetLoad } from './estimate-remaining.ts';
import type { createModels } from './models.ts';
import { jobsAhead } from './turns.ts';

type FleetDeps = {
  readonly db: Db;
  readonly clock: Clock;
  readonly queue: Pick<JobQueue, 'workerCount' | 'startsLeft'>;
  readonly throttle: Pick<AdmissionControl, 'snapshot'>;
  readonly models: Pick<ReturnType<typeof createModels>, 'chain'>;
  readonly config: {
    readonly bedrockRegions: readonly string[];
    readonly analysisTasksPerMinute: number;
    readonly workerConcurrency: number;
    readonly maxTokens: number;
  };
};

/** A document that has analyses under way, and whether any of them waits for a worker. */
type ActiveDocument = { readonly documentId: string; readonly hasQueued: boolean };

export type FleetLoadReader = ReturnType<typeof createFleetLoad>;

/** For all documents that one process is asked about meanwhile. */
const freshForMs = 2_000;
/** An estimate is not worth waiting longer for, as while Redis is away. */
const longestReadMs = 500;
const rememberedCallsMs = 300_000;
const mostCalls = 2_000;

/** What the whole fleet has to do, and when it will come to the end of a document. */
export function createFleetLoad(deps: FleetDeps) {
  const { db, clock } = deps;
  let latest: { atMs: number; fleet: Promise<Fleet> } | null = null;

  function fleetNow(): Promise<Fleet> {
    const nowMs = clock.monotonic();
    if (latest === null || nowMs - latest.atMs > freshForMs) latest = { atMs: nowMs, fleet: readFleet(deps) };
    return latest.fleet;
  }

  async function estimate(caller: Caller, documents: readonly ActiveDocument[]): Promise<Map<string, number>> {
    const waiting = documents.filter(({ hasQueued }) => hasQueued).map(({ documentId }) => documentId);
    const [fleet, lastInQueue] = await Promise.all([fleetNow(), placesOfLast(db, caller, waiting)]);
    const others = fleet.queued.filter(({ tenantId }) => tenantId !== caller.tenantId).map(({ count }) => count);
    const estimates = documents.map(({ documentId }) => {
      const place = lastInQueue.get(documentId);
      const toStart = place === undefined ? 0 : jobsAhead(place, others) + 1;
      return [documentId, estimateRemainingMs(fleet.loadOf(documentId), toStart)] as const;
    });
    return new Map(estimates.filter((entry): entry is readonly [string, number] => entry[1] !== null));
  }

  return {
    /** Of documents that have analyses under way; without those of which nothing can be said. */
    async remainingMs(caller: Caller, documents: readonly ActiveDocument[]): Promise<Map<string, number>> {
      const over = new AbortController();
      const unknown = new Map<string, number>();
      const tooLate = clock.sleep(longestReadMs, over.signal).then(
        () => unknown,
        () => unknown,
      );
      try {
        return await Promise.race([estimate(caller, documents).catch(() => unknown), tooLate]);
      } finally {
        over.abort();
      }
    },
  };
}

type Fleet = {
  readonly queued: readonly { readonly tenantId: string; readonly count: number }[];
  loadOf(documentId: string): FleetLoad;
};

async function readFleet({ db, clock, queue, throttle, models, config }: FleetDeps): Promise<Fleet> {
  const name = 'analyze-section';
  const [snapshot, starts, workers, queued, running, calls] = await Promise.all([
    throttle.snapshot(),
    queue.startsLeft(name),
    queue.workerCount(name),
    db.analysis.groupBy({ by: ['tenantId'], where: { status: 'QUEUED' }, _count: true }),
    db.analysis.findMany({ where: { status: 'RUNNING' }, select: { documentId: true, startedAt: true } }),
    // Ids sort by time, and an attempt gets its own when it has ended.
    db.modelAttempt.findMany({
      where: { id: { gt: firstIdAt(clock.now() - rememberedCallsMs) } },
      select: { startedAt: true, outcome: true },
      orderBy: { id: 'desc' },
      take: mostCalls,
    }),
  ]);
  const nowMs = clock.now();
  const agoMs = (at: Date | null): number => Math.max(0, nowMs - (at?.getTime() ?? nowMs));
  const perMinute = config.analysisTasksPerMinute;
  const load = {
    snapshot,
    slots: workers * config.workerConcurrency,
    starts: { left: Infinity, resetMs: 0, ...starts, perMinute },
    pausedMs: pausedMs(snapshot, models.chain(), config.bedrockRegions, nowMs),
    maxTokens: config.maxTokens,
    calls: calls
      .filter(({ outcome }) => !outcome.startsWith('SKIPPED'))
      .map(({ startedAt, outcome }) => ({ startedAgoMs: agoMs(startedAt), hasSucceeded: outcome === 'SUCCEEDED' })),
  };
  return {
    queued: queued.map(({ tenantId, _count }) => ({ tenantId, count: _count })),
    loadOf: (id) => ({
      ...load,
      running: running.map(({ documentId, startedAt }) => ({
        startedAgoMs: agoMs(startedAt),
        isOwn: documentId === id,
      })),
    }),
  };
}

/** How many of the tenant's own jobs go before each document's last one that waits. */
async function placesOfLast(db: Db, { tenantId }: Caller, documentIds: readonly string[]) {
  if (documentIds.length === 0) return new Map<string, number>();
  const rows = await db.$queryRaw<{ documentId: string; place: number }[]>`
    SELECT last."documentId",
           (SELECT count(*) FROM "Analysis" a WHERE a."status" = 'QUEUED' AND a."tenantId" = ${tenantId} AND a."id" < last."id")::int AS "place"
    FROM (SELECT "documentId", max("id") AS "id" FROM "Analysis"
          WHERE "status" = 'QUEUED' AND "tenantId" = ${tenantId} AND "documentId" = ANY(${[...documentIds]})
          GROUP BY "documentId") last`;
  return new Map(rows.map(({ documentId, place }) => [documentId, place]));
}

/** Until the first of all models is available again; 0 when one is, Infinity when nobody knows. */
function pausedMs(
  snapshot: ThrottleSnapshot,
  chain: readonly { key: string }[],
  regions: readonly string[],
  nowMs: number,
): number {
  const open = new Set(snapshot.regions.filter(({ breaker }) => breaker === 'OPEN').map(({ region }) => region));
  const waits = chain.flatMap(({ key }) =>
    regions.map((region) => {
      const state = snapshot.models.find((model) => model.modelKey === key && model.region === region);
      if (open.has(region) || state?.isRetired || state?.breaker === 'OPEN') return Infinity;
      return Math.max(0, (state?.coolingUntilMs ?? 0) - nowMs);
    }),
  );
  return Math.min(...waits);
}

function firstIdAt(atMs: number): string {
  const hex = Math.max(0, Math.floor(atMs)).toString(16).padStart(12, '0');
  return fromUUID(`${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`, idPrefixes.ModelAttempt);
}
