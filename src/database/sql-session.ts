import { PrismaPg } from '@prisma/adapter-pg';

type Row = Readonly<Record<string, unknown>>;

/** One connection to Postgres for statements that Prisma's client is not for: locks, databases, migrations. */
export type SqlSession = {
  /** Several statements at once are allowed without `values` and are one transaction. */
  run(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
};

/** For as long as `use` runs: connects at its first statement, and keeps that connection, so that session-level locks hold. */
export async function useSqlSession<T>(databaseUrl: string, use: (session: SqlSession) => Promise<T>): Promise<T> {
  // A pool of exactly one connection that never goes idle is a session.
  const factory = new PrismaPg({ connectionString: databaseUrl, max: 1, idleTimeoutMillis: 0 });
  const adapter = await factory.connect();
  const pool = adapter.underlyingDriver();
  const session: SqlSession = {
    async run(sql, values) {
      const result = await pool.query<Record<string, unknown>>(sql, values && [...values]);
      return result.rows ?? [];
    },
  };
  try {
    return await use(session);
  } finally {
    await adapter.dispose();
  }
}

/** Runs one script on a connection of its own. */
export const runSql = (databaseUrl: string, sql: string): Promise<readonly Row[]> =>
  useSqlSession(databaseUrl, (session) => session.run(sql));
