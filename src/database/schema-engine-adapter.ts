import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  DriverAdapterError,
  type ErrorCapturingSqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>;
type PoolQuery = (statement: string | object) => Promise<{ fields: { dataTypeID: number }[]; rows: object }>;

/** Numbers of types in Postgres's catalog. */
const oid = { char: 18, text: 25 };

/** Connections for the schema engine, which never closes them by itself. */
export function createAdapters(databaseUrl: string): {
  factory: ErrorCapturingSqlMigrationAwareDriverAdapterFactory;
  disposeAll(): Promise<void>;
} {
  const connections: Adapter[] = [];
  const inner = new PrismaPg({ connectionString: databaseUrl });
  const keep = (adapter: Adapter): Adapter => {
    connections.push(adapter);
    return adapt(adapter);
  };
  const factory = bindMigrationAwareSqlAdapterFactory({
    provider: inner.provider,
    adapterName: inner.adapterName,
    connect: async () => keep(await inner.connect()),
    connectToShadowDb: async () => adapt(await inner.connectToShadowDb()),
  });
  return { factory, disposeAll: async () => void (await Promise.all(connections.map((adapter) => adapter.dispose()))) };
}

/**
 * Two things that the adapter does otherwise than the engine needs. It splits scripts at every semicolon, also inside string literals and
 * function bodies: sent whole, a script is what it says, and one transaction, so that a migration that fails leaves nothing half-done.
 * And it refuses Postgres's internal type "char", which the engine reads from the catalog.
 */
function adapt(adapter: Adapter): Adapter {
  const pool = adapter.underlyingDriver();
  const query = pool.query.bind(pool) as PoolQuery;
  const charColumns = new WeakMap<object, number[]>();
  const queryHidingChar: PoolQuery = async (statement) => {
    const result = await query(statement);
    const indexes = [...result.fields.keys()].filter((index) => result.fields[index]?.dataTypeID === oid.char);
    for (const index of indexes) Object.assign(result.fields[index] ?? {}, { dataTypeID: oid.text });
    charColumns.set(result.rows, indexes);
    return result;
  };
  Object.assign(pool, { query: queryHidingChar });
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (statement) => {
    const result = await queryRaw(statement);
    for (const index of charColumns.get(result.rows) ?? []) result.columnTypes[index] = ColumnTypeEnum.Character;
    return result;
  };
  adapter.executeScript = async (script) => {
    await query(script).catch((error: unknown) => {
      throw asEngineError(error);
    });
  };
  return adapter;
}

/** In the form that the engine reports with Postgres's own words. */
function asEngineError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return error;
  const { code, severity, message } = error;
  const details = { detail: undefined, column: undefined, hint: undefined };
  return new DriverAdapterError({
    kind: 'postgres',
    code: String(code),
    severity: String(severity),
    message,
    ...details,
  });
}
