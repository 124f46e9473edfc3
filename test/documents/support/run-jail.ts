import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import type { createFolder } from './build-docx.ts';

export type JailCase = { readonly name: string; readonly path: string; readonly filename: string };

export type JailResult = {
  readonly name: string;
  readonly ms: number;
  /** The failure, or the format as code of a document that was read. */
  readonly outcome: { readonly code: string; readonly message: string };
  /** By how much the parent's resident memory grew, at its highest. */
  readonly grownMb: number;
  /** Of the good document that was read at the same time. */
  readonly goodSections: number;
  readonly goodMs: number;
};

export const parserUrl = new URL('../../../dist/src/documents/parser-pool.js', import.meta.url);

/** Has the built parser read each case in turn, a good document at the same time, in a parent process of its own. */
export async function runJail(
  folder: Awaited<ReturnType<typeof createFolder>>,
  good: Omit<JailCase, 'name'>,
  cases: readonly JailCase[],
): Promise<ReadonlyMap<string, JailResult>> {
  const input = await folder.save('cases.json', JSON.stringify({ parserUrl: parserUrl.href, good, cases }));
  const script = fileURLToPath(new URL('jail-parent.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, input], { maxBuffer: 64 * 1024 * 1024 });
  const results = JSON.parse(stdout) as JailResult[];
  return new Map(results.map((result) => [result.name, result]));
}
