/* Figures and times as reports for people write them: English and in UTC, so that no locale of a machine changes them. */

export const formatCount = (value: number): string => value.toLocaleString('en-US');

/** `1 finding`, `1,200 findings` */
export const counted = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** Two decimals, as confidence is written everywhere. */
export const formatRatio = (ratio: number): string => ratio.toFixed(2);

export const formatUsd = (amount: number): string => amount.toFixed(4);

/** `2026-11-26 12:30 UTC` */
export const formatTime = (time: Date): string => `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
