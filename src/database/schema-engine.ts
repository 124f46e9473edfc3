import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import type { DiagnoseMigrationHistoryOutput, MigrationList } from '@prisma/schema-engine-wasm';
import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createAdapters } from './schema-engine-adapter.ts';

const { SchemaEngine } = bindings;
type SchemaEngine = bindings.SchemaEngine;

/** How a database's history of migrations compares with the folder's. */
export type MigrationDiagnosis = DiagnoseMigrationHistoryOutput;

/** What the engine asks for and we do not use: tables and enums that others manage. */
export const noFilters = { externalTables: [], externalEnums: [] };

/** Node's types leave WebAssembly to the DOM's, which this project does without. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
};

let compiled: Promise<void> | undefined;

/**
 * Prisma's own schema engine as WebAssembly, in this process: the same decisions and the same `_prisma_migrations` table as
 * `prisma migrate deploy`, without its native binary, which would have to be downloaded.
 */
export async function useSchemaEngine<T>(
  options: { readonly databaseUrl: string; readonly schemaPath: string },
  use: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  compiled ??= instantiate();
  const [schema] = await Promise.all([readFile(options.schemaPath, 'utf8'), compiled]);
  const adapters = createAdapters(options.databaseUrl);
  try {
    const engine = await SchemaEngine.new(
      { datamodels: [[options.schemaPath, schema]] },
      () => undefined,
      adapters.factory,
    );
    return await use(engine).finally(() => engine.free());
  } finally {
    await adapters.disposeAll();
  }
}

/** The package expects a bundler that can import .wasm files; Node 20 cannot, so its two halves are joined by hand. */
async function instantiate(): Promise<void> {
  const folder = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'));
  const bytes = await readFile(join(folder, 'schema_engine_bg.wasm'));
  const imports = Object.entries(bindings).map(([name, value]) => [
    name,
    isSetTimeout(name) ? unreferencedTimeout : value,
  ]);
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': Object.fromEntries(imports) });
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
}

/** The engine never clears the 10 s for which it waits for its own lock: they must not keep a process that has finished. */
const isSetTimeout = (name: string) => name.startsWith('__wbg_setTimeout');
const unreferencedTimeout = (callback: () => void, ms: number) => setTimeout(callback, ms).unref();

/** The folders of `migrationsDir` in the order in which they apply, as the engine wants them. */
export async function readMigrations(migrationsDir: string): Promise<MigrationList> {
  const entries = await readdir(migrationsDir, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const migrationDirectories = folders.sort().map(async (path) => ({
    path,
    migrationFile: {
      path: 'migration.sql',
      content: { tag: 'ok' as const, value: await readFile(join(migrationsDir, path, 'migration.sql'), 'utf8') },
    },
  }));
  return {
    baseDir: migrationsDir,
    lockfile: {
      path: 'migration_lock.toml',
      content: await readFile(join(migrationsDir, 'migration_lock.toml'), 'utf8'),
    },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(migrationDirectories),
  };
}
