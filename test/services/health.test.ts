import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createHealth, type Probe } from '../../src/services/health.ts';

const well = (name: string): Probe => ({ name, isVital: true, check: async () => undefined });
const hanging = (name: string, isVital: boolean): Probe => ({
  name,
  isVital,
  check: () => new Promise(() => undefined),
});
const broken = (name: string, isVital: boolean): Probe => ({
  name,
  isVital,
  check: () => Promise.reject(new Error('connection refused')),
});

const check = (...probes: Probe[]) => createHealth({ clock: systemClock, version: '1', probes }).check();

describe('health', () => {
  it('is UP when every part is', async () => {
    expect(await check(well('postgres'), well('redis'))).toMatchObject({
      status: 'UP',
      checks: [{ status: 'UP' }, { status: 'UP' }],
    });
  });

  it('is DOWN without a vital part and DEGRADED without another, with the reason', async () => {
    expect(await check(well('postgres'), broken('redis', true))).toMatchObject({
      status: 'DOWN',
      checks: [{}, { status: 'DOWN', detail: 'connection refused' }],
    });
    expect(await check(well('postgres'), broken('bedrock', false))).toMatchObject({ status: 'DEGRADED' });
  });

  it('is looked at once for all who watch it', async () => {
    const probe = { ...well('postgres'), check: vi.fn(async () => undefined) };
    const health = createHealth({ clock: systemClock, version: '1', probes: [probe] });
    const watchers = Array.from({ length: 20 }, () => health.watch());
    await Promise.all(watchers.map((watcher) => watcher.next()));
    expect(probe.check).toHaveBeenCalledTimes(1);
  });

  it('answers although a part hangs, and says which', async () => {
    const health = await check(well('postgres'), hanging('storage', true));
    expect(health).toMatchObject({ status: 'DOWN', checks: [{ status: 'UP' }, { name: 'storage', latencyMs: null }] });
    expect(health.checks[1]?.detail).toContain('No answer within');
  });
});
