/** A part that lived for less than this has failed at once, and trying again is likely to fail too. */
const quickDeathMs = 30_000;
const waitsMs = [0, 500, 1_000, 2_000, 4_000];

export type RestartDecision =
  { readonly outcome: 'restart'; readonly afterMs: number } | { readonly outcome: 'give-up' };

/** What to do about a part that has ended, from how long it and those before it have lived: at once, then ever later, then no more. */
export function createRestartPolicy(): (livedMs: number) => RestartDecision {
  let quickDeaths = 0;
  return (livedMs) => {
    quickDeaths = livedMs < quickDeathMs ? quickDeaths + 1 : 1;
    const afterMs = waitsMs[quickDeaths - 1];
    return afterMs === undefined ? { outcome: 'give-up' } : { outcome: 'restart', afterMs };
  };
}
