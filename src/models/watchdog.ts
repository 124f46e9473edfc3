import type { Clock } from '../clock.ts';

/** Calls `onExpired` once when one armed period passes without being disarmed. */
export type Watchdog = {
  /** Starts a period of `ms`, in place of the current one. */
  arm(ms: number): void;
  /** Ends the current period: time passes unwatched, as while the consumer works. */
  disarm(): void;
  /** Ends it for good. */
  stop(): void;
};

/**
 * One sleeper for the whole life of a watchdog, however often it is armed: a stream arms it for every event. It wakes at the end of the
 * shortest period seen and goes back to sleep for what is left, so it may be late by nothing, and never early.
 */
export function createWatchdog(clock: Clock, onExpired: () => void): Watchdog {
  let deadline = Number.POSITIVE_INFINITY;
  let sleeper: { readonly wakesAt: number; readonly controller: AbortController } | null = null;

  const sleepUntil = (wakesAt: number) => {
    sleeper?.controller.abort();
    const controller = new AbortController();
    sleeper = { wakesAt, controller };
    clock.sleep(Math.max(0, wakesAt - clock.monotonic()), controller.signal).then(wake, () => undefined);
  };
  const wake = () => {
    sleeper = null;
    if (clock.monotonic() >= deadline) {
      deadline = Number.POSITIVE_INFINITY;
      onExpired();
    } else if (Number.isFinite(deadline)) sleepUntil(deadline);
  };
  return {
    arm(ms) {
      deadline = clock.monotonic() + ms;
      if (sleeper === null || sleeper.wakesAt > deadline) sleepUntil(deadline);
    },
    disarm() {
      deadline = Number.POSITIVE_INFINITY;
    },
    stop() {
      deadline = Number.POSITIVE_INFINITY;
      sleeper?.controller.abort();
      sleeper = null;
    },
  };
}
