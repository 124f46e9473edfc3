import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findPackageRoot } from '../../src/package-root.ts';
import { median } from '../support/statistics.ts';

/** One reading of a file, as its own process tells of it. */
export type Reading = {
  readonly wallMs: number;
  /** User and system. */
  readonly cpuMs: number;
  /** Resident memory at its highest. */
  readonly maxRssMb: number;
  readonly characters: number;
  /** Null for readers that tell none. */
  readonly headings: number | null;
};

/** The readers are plain scripts below bench/, so that they find the peers, which are installed there and not in the project. */
const scripts = join(findPackageRoot(import.meta.dirname), 'bench', 'documents');

/** Has one of the scripts read the file in a process of its own. */
export async function runOnce(reader: string, path: string): Promise<Reading> {
  const startMs = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, [join(scripts, `${reader}.mjs`), path], {
    maxBuffer: 64 * 1024 * 1024,
  });
  const wallMs = performance.now() - startMs;
  return { wallMs, ...(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Omit<Reading, 'wallMs'>) };
}

/** Median, over the rounds, of one reader's cost divided by the other's in the same round. */
export const ratioOver = (readings: readonly Reading[], others: readonly Reading[], what: 'wallMs' | 'cpuMs'): number =>
  median(readings.map((reading, round) => reading[what] / (others[round]?.[what] ?? NaN)));
