import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { distFile } from '../support/dist.ts';

export type Run = { readonly code: number | null; readonly lines: readonly string[]; readonly error: string };

/** The script as a user runs it, with its output into a pipe. `onLine` sees each line of stdout as it comes. */
export async function runReview(args: readonly string[], onLine?: (line: string) => void): Promise<Run> {
  const child = spawn(process.execPath, [distFile('client-examples', 'review.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const error = text(child.stderr);
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    onLine?.(line);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, lines, error: await error };
}
