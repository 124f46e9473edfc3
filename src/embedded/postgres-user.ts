import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AppError } from '../errors.ts';

type UserIds = { readonly uid: number; readonly gid: number };
type Command = {
  readonly command: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
};

/** As whom Postgres runs: who owns its files (null: whoever runs this), and how a command of it is started. */
export type PostgresAccount = {
  readonly ids: UserIds | null;
  start(command: string, args: readonly string[]): Command;
};

const run = promisify(execFile);

/**
 * Postgres refuses to run as root. Started by root, it runs as the system user `postgres`, who is created when there is none. That user
 * cannot enter a private folder such as /root, where both the data and this package often are: it is then given the one capability
 * that lets it. `paths` are what it must reach.
 */
export async function postgresAccount(paths: readonly string[]): Promise<PostgresAccount> {
  if (process.getuid?.() !== 0) return { ids: null, start: (command, args) => ({ command, args }) };
  const ids = (await idsOf('postgres')) ?? (await createUser());
  if (await canReach(ids, paths)) return { ids, start: (command, args) => ({ command, args, ...ids }) };
  const capability = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  const asUser = [`--reuid=${ids.uid}`, `--regid=${ids.gid}`, '--clear-groups', ...capability];
  await run('setpriv', [...asUser, 'ls', '-d', ...paths]).catch((cause: unknown) => {
    throw cannot(
      `Postgres runs as the user "postgres", who cannot reach ${paths.join(' or ')}. Move the project there where that user can`,
      cause,
    );
  });
  return { ids, start: (command, args) => ({ command: 'setpriv', args: [...asUser, command, ...args] }) };
}

async function canReach(ids: UserIds, paths: readonly string[]): Promise<boolean> {
  return run('ls', ['-d', ...paths], { ...ids, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

async function createUser(): Promise<UserIds> {
  const options = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin'];
  const problem = 'Postgres does not run as root, and its user "postgres" could not be created. Start as another user';
  await run('useradd', [...options, 'postgres']).catch((cause: unknown) => {
    throw cannot(problem, cause);
  });
  const ids = await idsOf('postgres');
  if (ids === null) throw cannot(problem);
  return ids;
}

async function idsOf(user: string): Promise<UserIds | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', user]), run('id', ['-g', user])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}

const cannot = (problem: string, cause?: unknown) =>
  new AppError('SERVICE_UNAVAILABLE', `${problem}, or set DATABASE_URL to a Postgres of your own.`, {
    cause,
    retryable: false,
  });
