import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const secretBytes = 32;

/**
 * The secret in the file `path`, 32 random bytes as hex; created with mode 0600 when there is none. Processes that start at the same
 * moment agree on one. Throws when the file holds something else.
 */
export async function loadOrCreateSecret(path: string): Promise<string> {
  const existing = await readSecret(path);
  if (existing !== undefined) return existing;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomUUID()}`;
  try {
    await writeFile(temporary, randomBytes(secretBytes).toString('hex'), { mode: 0o600, flag: 'wx', flush: true });
    // A link appears with its whole content, and only where there is none yet: no reader meets half a secret, and the first one wins.
    await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(temporary, { force: true });
  }
  const secret = await readSecret(path);
  if (secret === undefined) throw new Error(`The secret ${path} vanished while it was being created. Start again.`);
  return secret;
}

async function readSecret(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const secret = text.trim();
  if (!/^[0-9a-f]{64}$/.test(secret)) {
    throw new Error(`${path} does not hold a secret of 64 hex digits. Delete it to get a new one.`);
  }
  return secret;
}
