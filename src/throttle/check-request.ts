import type { AdmissionRequest, Settlement } from './admission-port.ts';
import type { ThrottleLimits } from './throttle-limits.ts';

/* Mistakes of a caller, named before they reach a script in which they would look like a broken state. */

const isAmount = (value: number): boolean => Number.isFinite(value) && value >= 0;
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

export function checkRequest({ candidates, holder }: AdmissionRequest): void {
  if (holder === '') throw new TypeError('An admission needs a holder.');
  if (candidates.length === 0) throw new TypeError('An admission needs at least one candidate.');
  for (const { modelKey, region, reserveTokens, estimatedInputTokens, outputBurndown } of candidates) {
    if (!/^[^/\s]+$/.test(region) || !/^[^\n]+$/.test(modelKey))
      throw new TypeError(`"${modelKey}" in "${region}" is not a model in a region.`);
    const isRight = isCount(reserveTokens) && isCount(estimatedInputTokens) && isAmount(outputBurndown);
    if (!isRight || estimatedInputTokens > reserveTokens)
      throw new RangeError(
        `The tokens of ${modelKey} are wrong: ${estimatedInputTokens} estimated of ${reserveTokens} reserved, burndown ${outputBurndown}.`,
      );
  }
}

export function checkSettlement({ result, usage }: Settlement): void {
  if (result.result === 'throttled' && !isAmount(result.cooldownMs))
    throw new RangeError(`A cooldown of ${result.cooldownMs} ms is none.`);
  if (usage && !Object.values(usage).every(isAmount))
    throw new RangeError(`The usage is wrong: ${JSON.stringify(usage)}.`);
}

export function checkLimits(limits: ThrottleLimits): void {
  const { perModel, ...all } = limits;
  const named = [...Object.entries(all), ...Object.values(perModel).flatMap((own) => Object.entries(own))];
  for (const [name, value] of named)
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`${name} must be a whole number above 0, not ${value}.`);
}
