import { describe, expect, it } from 'vitest';
import { startIterating } from '../../src/server/push-payloads.ts';

describe('results that are iterated', () => {
  it('go on at a resume that comes at once behind the last one for which there was room', async () => {
    async function* count() {
      for (let value = 1; value <= 3; value += 1) yield { data: { value } };
    }
    const written: string[] = [];
    const ended = new Promise<unknown>((resolve) => {
      const control = startIterating(count(), {
        write({ json }) {
          written.push(json);
          // As a stream does whose reader waits.
          queueMicrotask(() => control.resume());
          return false;
        },
        ended: resolve,
      });
    });
    expect(await ended).toBeNull();
    expect(written).toEqual([1, 2, 3].map((value) => JSON.stringify({ data: { value } })));
  });
});
