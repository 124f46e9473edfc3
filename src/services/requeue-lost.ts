import type { JobName } from '../queue/catalog.ts';
import type { JobQueue } from '../queue/job-queue.ts';

const batchSize = 500;

/**
 * Gives rows that are under way their jobs again where they have none; how many. `read` answers at most `take` rows with ids above `after`,
 * by id: all are looked at, a batch at a time, however many of the first ones have their jobs.
 */
export async function requeueLost<Row extends { readonly id: string }>(
  queue: Pick<JobQueue, 'present'>,
  name: JobName,
  read: (after: string, take: number) => Promise<readonly Row[]>,
  requeue: (row: Row) => Promise<void>,
): Promise<number> {
  let count = 0;
  let after = '';
  for (;;) {
    const rows = await read(after, batchSize);
    const present = await queue.present(
      name,
      rows.map(({ id }) => id),
    );
    const lost = rows.filter(({ id }) => !present.has(id));
    for (const row of lost) await requeue(row);
    count += lost.length;
    after = rows.at(-1)?.id ?? '';
    if (rows.length < batchSize) return count;
  }
}
