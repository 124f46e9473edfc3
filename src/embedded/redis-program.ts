import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AppError } from '../errors.ts';
import { fetchFromArchive, findUnpacked, type ServerProgram } from './debian-archive.ts';

type FindOptions = {
  /** Where a server is unpacked when this machine has none. */
  readonly binDir: string;
  readonly onProgress?: (what: string) => void;
  readonly signal?: AbortSignal;
  /** Names of programs that will do, the preferred one first; Debian's packages are called the same. */
  readonly names?: readonly string[];
  /** How a program is fetched into a folder; null when this system has no way to. */
  readonly fetch?: typeof fetchFromArchive;
};

/**
 * A Redis or Valkey server: on PATH, or unpacked into `binDir` earlier, or now, from Debian's or Ubuntu's archive: without root, and
 * without installing anything, so that no service is left on the machine. Throws AppError that says what to install.
 */
export async function findRedisProgram(options: FindOptions): Promise<ServerProgram> {
  const { names = ['redis-server', 'valkey-server'], fetch = fetchFromArchive, ...where } = options;
  for (const name of names) {
    for (const program of [{ command: name, args: [] }, await findUnpacked(options.binDir, name)]) {
      if (program !== null && (await isRunnable(program))) return program;
    }
  }
  for (const name of names) {
    const program = await fetch({ ...where, name });
    if (program !== null && (await isRunnable(program))) return program;
  }
  const message =
    'There is no Redis on this machine. Install redis-server or valkey-server (for instance "apt install redis-server", ' +
    '"dnf install valkey", "brew install redis"), or set REDIS_URL.';
  throw new AppError('SERVICE_UNAVAILABLE', message, { retryable: false });
}

const isRunnable = (program: ServerProgram): Promise<boolean> =>
  promisify(execFile)(program.command, [...program.args, '--version']).then(
    () => true,
    () => false,
  );
