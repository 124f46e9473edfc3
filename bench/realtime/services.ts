import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runWhenParentDies } from '../../src/embedded/parent-guard.ts';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { startEmbeddedRedis } from '../../src/embedded/redis.ts';
import { migrate } from '../../src/migrate.ts';
import { findPackageRoot } from '../../src/package-root.ts';

export type Services = {
  /** For what must not outlive the run. */
  readonly folder: string;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  stop(): Promise<void>;
};

/** A Redis for all servers and a migrated Postgres for ours, in a folder that goes away with the run, however it ends. */
export async function startServices(): Promise<Services> {
  const folder = await mkdtemp(join(tmpdir(), 'prism-bench-'));
  const onLog = (): void => undefined;
  const root = findPackageRoot();
  const [postgres, redis] = await Promise.all([
    startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), onLog }),
    startEmbeddedRedis({ dataDir: join(folder, 'redis'), binDir: join(root, '.prism', 'bin'), onLog }),
  ]);
  const dismiss = removeWhenKilled(folder, [postgres.pid, redis.pid]);
  await migrate({
    databaseUrl: postgres.url,
    migrationsDir: join(root, 'prisma', 'migrations'),
    schemaPath: join(root, 'prisma', 'schema.prisma'),
    onLog,
  });
  return {
    folder,
    redisUrl: redis.url,
    databaseUrl: postgres.url,
    async stop() {
      await Promise.all([postgres.stop(), redis.stop()]);
      await rm(folder, { recursive: true, force: true });
      dismiss();
    },
  };
}

/** The servers end by their own guards; the folder can go when they have. */
function removeWhenKilled(folder: string, pids: readonly number[]): () => void {
  const script = `
    folder=$1; shift
    for pid in "$@"; do for _ in $(seq 200); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done; done
    rm -rf -- "$folder"`;
  return runWhenParentDies(script, [folder, ...pids.map(String)]);
}
