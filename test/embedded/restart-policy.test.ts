import { describe, expect, test } from 'vitest';
import { createRestartPolicy } from '../../src/embedded/restart-policy.ts';

const restart = (afterMs: number) => ({ outcome: 'restart', afterMs });

describe('restart policy', () => {
  test('starts a part again at once, then ever later, then gives up', () => {
    const decide = createRestartPolicy();
    const decisions = Array.from({ length: 6 }, () => decide(100));
    expect(decisions).toEqual([...[0, 500, 1000, 2000, 4000].map(restart), { outcome: 'give-up' }]);
  });

  test('forgives a part that has lived for a while', () => {
    const decide = createRestartPolicy();
    for (let death = 0; death < 5; death += 1) decide(100);
    expect(decide(30_000)).toEqual(restart(0));
    expect(decide(100)).toEqual(restart(500));
  });
});
