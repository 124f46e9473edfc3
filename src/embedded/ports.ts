import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';

/** Whether a server can listen on this port of `host` now; 0 asks for any. Answers the port, or null. */
export function probePort(port: number, host = '127.0.0.1'): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
    });
  });
}

const attempts = 3;

/**
 * Starts a server on the port kept in `file`, so that it stays the same from start to start; on a free one, which is then kept there,
 * when there is none yet or another program has it. `port` overrides both.
 */
export async function startOnKeptPort<T>(
  file: string,
  port: number | undefined,
  start: (port: number) => Promise<T>,
): Promise<T> {
  if (port !== undefined) return start(port);
  for (let attempt = 1; ; attempt += 1) {
    const candidate = await keepPort(file);
    try {
      return await start(candidate);
    } catch (error) {
      // Between the probe and the start, another program may have taken it.
      if (attempt === attempts || (await probePort(candidate)) !== null) throw error;
      await rm(file, { force: true });
    }
  }
}

async function keepPort(file: string): Promise<number> {
  const kept = Number(await readFile(file, 'utf8').catch(() => ''));
  if (Number.isInteger(kept) && kept > 0 && (await probePort(kept)) !== null) return kept;
  const port = await probePort(0);
  if (port === null) throw new Error('No free TCP port on 127.0.0.1.');
  await writeFile(file, `${port}\n`);
  return port;
}
