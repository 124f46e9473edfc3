import { describe, expect, it } from 'vitest';
import { requeueLost } from '../../src/services/requeue-lost.ts';

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `r${10_000 + index}`);

describe('jobs that are lost', () => {
  it.each([0, 1, 500, 501, 1_700])('are found among %d rows, also behind many that have theirs', async (count) => {
    const rows = ids(count);
    // The last one, and one in the middle.
    const lost = [...new Set([rows[count >> 1], rows.at(-1)])].filter((id) => id !== undefined);
    const looked: string[] = [];
    const requeued: string[] = [];
    const queue = {
      async present(_name: string, asked: readonly string[]) {
        looked.push(...asked);
        return new Set(asked.filter((id) => !lost.includes(id)));
      },
    };
    const read = async (after: string, take: number) =>
      rows
        .filter((id) => id > after)
        .slice(0, take)
        .map((id) => ({ id }));
    const requeue = async ({ id }: { id: string }) => void requeued.push(id);
    expect(await requeueLost(queue, 'answer-message', read, requeue)).toBe(lost.length);
    expect(requeued).toEqual(lost.toSorted());
    expect(looked).toEqual(rows);
  });
});
