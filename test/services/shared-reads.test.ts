import { describe, expect, it } from 'vitest';
import { createSharedReads } from '../../src/services/shared-reads.ts';

describe('shared reads', () => {
  function setUp() {
    let nowMs = 0;
    let reads = 0;
    const clock = { now: () => nowMs, monotonic: () => nowMs, sleep: () => Promise.resolve() };
    const share = createSharedReads<number>(clock);
    const read = (key: string) => share(key, async () => (reads += 1));
    return { share, read, pass: (ms: number) => void (nowMs += ms) };
  }

  it('are one for those who ask within 250 ms, and another for each key', async () => {
    const { read, pass } = setUp();
    expect(await Promise.all([read('a'), read('a'), read('b')])).toEqual([1, 1, 2]);
    pass(249);
    expect(await read('a')).toBe(1);
    pass(1);
    expect(await read('a')).toBe(3);
  });

  it('are made again at once when they fail', async () => {
    const { share, read } = setUp();
    await expect(share('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await read('a')).toBe(1);
  });
});
