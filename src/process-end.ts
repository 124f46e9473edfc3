import { once } from 'node:events';

/**
 * Resolves when the process is asked to end: SIGTERM, SIGINT, or the end of the process that forked it, so that a killed parent leaves
 * nothing behind. A second signal ends the process at once.
 */
export async function untilAskedToEnd(): Promise<void> {
  const asked = new AbortController();
  const options = { signal: asked.signal };
  const ways = [once(process, 'SIGTERM', options), once(process, 'SIGINT', options)];
  if (process.connected) ways.push(once(process, 'disconnect', options));
  const settled = ways.map((way) => way.catch(() => undefined));
  await Promise.race(settled);
  asked.abort();
  process.once('SIGTERM', () => process.exit(1));
  process.once('SIGINT', () => process.exit(1));
}
