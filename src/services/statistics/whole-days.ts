import type { Window } from './scope.ts';

const dayMs = 86_400_000;

/** A window in two: the days in UTC that it holds whole, null when it holds none, and what is left of it at its ends. */
export type WindowParts = { readonly days: Window | null; readonly ends: readonly Window[] };

export function splitIntoDays(window: Window): WindowParts {
  const { since, until } = window;
  const from = since && new Date(Math.ceil(since.getTime() / dayMs) * dayMs);
  const to = until && new Date(Math.floor(until.getTime() / dayMs) * dayMs);
  if (from && to && from >= to) return { days: null, ends: [window] };
  return {
    days: { since: from, until: to },
    ends: [
      { since, until: from },
      { since: to, until },
    ].filter((end) => end.since && end.until && end.since < end.until),
  };
}
