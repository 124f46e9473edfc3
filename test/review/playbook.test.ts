import { describe, expect, it } from 'vitest';
import { findPackageRoot } from '../../src/package-root.ts';
import { loadPlaybooks } from '../../src/review/playbook.ts';

const playbooks = loadPlaybooks(findPackageRoot(import.meta.dirname));

describe('the playbooks that come with the product', () => {
  it('are general risk, the default, then contract and investigation', () => {
    expect(playbooks.map(({ key, id }) => [key, id])).toEqual([
      ['general-risk', 'pbk_00000000000000000000000001'],
      ['contract', 'pbk_00000000000000000000000002'],
      ['investigation', 'pbk_00000000000000000000000003'],
    ]);
  });

  it.each(playbooks)('$key has 10 to 20 checks, numbered in order, each with guidance to go by', ({ checks }) => {
    expect(checks.length).toBeGreaterThanOrEqual(10);
    expect(checks.length).toBeLessThanOrEqual(20);
    const [prefix] = checks[0]?.ref.split('-') ?? [];
    expect(checks.map(({ ref }) => ref)).toEqual(checks.map((_, index) => `${prefix}-${index + 1}`));
    expect(new Set(checks.map(({ title }) => title)).size).toBe(checks.length);
    for (const { title, guidance } of checks) {
      expect(title.length).toBeLessThanOrEqual(60);
      // What to look for, in a few lines that a lawyer reads at a glance.
      expect(guidance.length, `guidance of ${title}`).toBeGreaterThanOrEqual(120);
      expect(guidance.length, `guidance of ${title}`).toBeLessThanOrEqual(500);
      expect(guidance).toMatch(/[.?]$/);
    }
  });
});
