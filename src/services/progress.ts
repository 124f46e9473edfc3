import type { Db } from '../db.ts';
import type { ReviewProgress } from '../events/event-types.ts';
import type { Caller } from './caller.ts';
import type { FleetLoadReader } from './fleet-load.ts';

type Row = { documentId: string; status: string | null; count: number; percentSum: number };

const none: ReviewProgress = {
  total: 0,
  notStarted: 0,
  queued: 0,
  running: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  percent: 0,
  estimatedSecondsRemaining: null,
};

const fieldOf = {
  QUEUED: 'queued',
  RUNNING: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
} as const;

/** Counts over documents' sections by the state of each section's latest analysis, and how long the rest will take. */
export function createProgress({ db, fleet }: { db: Db; fleet: FleetLoadReader }) {
  return {
    /** Of several documents at once; one statement, and one more while anything of them waits for a worker. */
    async of(caller: Caller, documentIds: readonly string[]): Promise<Map<string, ReviewProgress>> {
      const rows = await db.$queryRaw<Row[]>`
        SELECT s."documentId", a."status"::text AS "status", count(*)::int AS "count",
               coalesce(sum(CASE a."status" WHEN 'RUNNING' THEN a."percent" WHEN 'QUEUED' THEN 0 ELSE 100 END), 0)::float8 AS "percentSum"
        FROM "Section" s LEFT JOIN "Analysis" a ON a."id" = s."latestAnalysisId"
        WHERE s."tenantId" = ${caller.tenantId} AND s."documentId" = ANY(${[...documentIds]})
        GROUP BY s."documentId", a."status"`;
      const result = new Map(documentIds.map((id) => [id, summarise(rows.filter((row) => row.documentId === id))]));
      const active = [...result].filter(([, progress]) => isActive(progress));
      const remainingMs =
        active.length === 0
          ? new Map<string, number>()
          : await fleet.remainingMs(
              caller,
              active.map(([documentId, { queued }]) => ({ documentId, hasQueued: queued > 0 })),
            );
      for (const [id, ms] of remainingMs) {
        result.set(id, { ...(result.get(id) ?? none), estimatedSecondsRemaining: Math.ceil(ms / 1_000) });
      }
      return result;
    },
  };
}

const isActive = ({ queued, running }: ReviewProgress): boolean => queued + running > 0;

function summarise(rows: readonly Row[]): ReviewProgress {
  const counts: { -readonly [K in keyof ReviewProgress]: ReviewProgress[K] } = { ...none };
  let percentSum = 0;
  for (const row of rows) {
    counts.total += row.count;
    if (row.status === null) {
      counts.notStarted += row.count;
      continue;
    }
    counts[fieldOf[row.status as keyof typeof fieldOf]] += row.count;
    percentSum += row.percentSum;
  }
  const started = counts.total - counts.notStarted;
  counts.percent = started === 0 ? 0 : Math.round((percentSum / started) * 10) / 10;
  return counts;
}
