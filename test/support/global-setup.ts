import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { runSql } from '../../src/database/sql-session.ts';
import { runWhenParentDies } from '../../src/embedded/parent-guard.ts';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { startEmbeddedRedis } from '../../src/embedded/redis.ts';
import { findPackageRoot } from '../../src/package-root.ts';
import { withDatabase } from './database-url.ts';
import { migrateDatabase } from './migrate-database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a superuser, on the server's `postgres` database. */
    postgresUrl: string;
    /** Name of a migrated database that nobody connects to, so that others can be cloned from it. */
    templateDatabase: string;
    redisUrl: string;
  }
}

const templateDatabase = 'template_migrated';

/** One Postgres and one Redis for the whole run, by the product's own code, in a folder that goes away with the run, however it ends. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'prism-test-'));
  const [postgres, redis] = await Promise.all([startPostgres(folder), startRedis(folder)]);
  const dismiss = removeWhenKilled(folder, [postgres.pid, redis.pid]);
  project.provide('postgresUrl', postgres.adminUrl);
  project.provide('templateDatabase', templateDatabase);
  project.provide('redisUrl', redis.url);
  return async () => {
    await Promise.all([postgres.stop(), redis.stop()]);
    await rm(folder, { recursive: true, force: true });
    dismiss();
  };
}

async function startPostgres(folder: string) {
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), onLog: () => undefined });
  const adminUrl = withDatabase(server.url, 'postgres');
  await runSql(adminUrl, `CREATE DATABASE ${templateDatabase}`);
  await migrateDatabase(withDatabase(server.url, templateDatabase));
  return { ...server, adminUrl };
}

/** Packages may be fetched on a machine without Redis: kept outside the run's folder, so that it happens once. */
const startRedis = (folder: string) =>
  startEmbeddedRedis({
    dataDir: join(folder, 'redis'),
    binDir: join(findPackageRoot(import.meta.dirname), '.prism', 'bin'),
    onLog: () => undefined,
  });

/** The servers end by their own guards; the folder can go when they have. */
function removeWhenKilled(folder: string, pids: readonly number[]): () => void {
  const script = `
    folder=$1; shift
    for pid in "$@"; do for _ in $(seq 200); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done; done
    rm -rf -- "$folder"`;
  return runWhenParentDies(script, [folder, ...pids.map(String)]);
}
