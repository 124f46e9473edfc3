import { expect, it } from 'vitest';
import { createWatchdog } from '../../src/models/watchdog.ts';
import { createFakeClock } from '../support/fake-clock.ts';

function setUp() {
  const clock = createFakeClock();
  const expiredAt: number[] = [];
  const watchdog = createWatchdog(clock, () => expiredAt.push(clock.monotonic()));
  return { clock, expiredAt, watchdog };
}

it('expires at the end of its period, once', async () => {
  const { clock, expiredAt, watchdog } = setUp();
  watchdog.arm(1_000);
  await clock.advance(5_000);
  expect(expiredAt).toEqual([1_000]);
});

it('armed again counts from then', async () => {
  const { clock, expiredAt, watchdog } = setUp();
  watchdog.arm(1_000);
  await clock.advance(900);
  watchdog.arm(1_000);
  await clock.advance(5_000);
  expect(expiredAt).toEqual([1_900]);
});

it('armed with a shorter period expires by that', async () => {
  const { clock, expiredAt, watchdog } = setUp();
  watchdog.arm(10_000);
  watchdog.arm(100);
  await clock.advance(20_000);
  expect(expiredAt).toEqual([100]);
});

it('disarmed never expires, and can be armed again', async () => {
  const { clock, expiredAt, watchdog } = setUp();
  watchdog.arm(1_000);
  watchdog.disarm();
  await clock.advance(5_000);
  expect(expiredAt).toEqual([]);
  watchdog.arm(1_000);
  await clock.advance(1_000);
  expect(expiredAt).toEqual([6_000]);
});

it('keeps one sleeper, however often it is armed, and none when stopped', async () => {
  const { clock, expiredAt, watchdog } = setUp();
  for (let event = 0; event < 1_000; event++) {
    watchdog.disarm();
    watchdog.arm(1_000);
  }
  expect(clock.sleepers()).toBe(1);
  watchdog.stop();
  await clock.advance(5_000);
  expect(clock.sleepers()).toBe(0);
  expect(expiredAt).toEqual([]);
});

it('is not moved by a wall clock that is set', async () => {
  const { clock, expiredAt, watchdog } = setUp();
  watchdog.arm(1_000);
  clock.jumpWallClock(-3_600_000);
  await clock.advance(1_000);
  expect(expiredAt).toEqual([1_000]);
});
