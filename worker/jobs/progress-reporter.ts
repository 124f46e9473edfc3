const stepPercent = 5;

/**
 * Tells of progress in steps of at least five percent, one at a time: a step that comes while the last one is still being written waits for
 * the next piece of the stream. Never goes back.
 */
export function createProgressReporter(deps: {
  setPercent: (percent: number) => Promise<boolean>;
  announce: (percent: number) => Promise<void>;
}): (percent: number) => void {
  let reported = 0;
  let isBusy = false;

  async function report(percent: number): Promise<void> {
    if (await deps.setPercent(percent)) await deps.announce(percent);
  }

  return (percent) => {
    if (isBusy || percent < reported + stepPercent) return;
    const rounded = Math.round(percent * 10) / 10;
    reported = percent;
    isBusy = true;
    report(rounded).then(
      () => (isBusy = false),
      // Progress is not worth failing an analysis for; what is wrong shows where findings are written.
      () => (isBusy = false),
    );
  };
}
