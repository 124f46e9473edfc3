import { PrismaPg } from '@prisma/adapter-pg';
// oxlint-disable-next-line no-restricted-imports -- this file is the adapter
import { Prisma, PrismaClient } from './generated/prisma/client.ts';

// oxlint-disable-next-line no-restricted-imports -- this file is the adapter
export type {
  Activity,
  Analysis,
  Chat,
  ChatMessage,
  Document,
  Feedback,
  FeedbackRevision,
  IdempotencyRecord,
  ModelAttempt,
  Report,
  Section,
  Session,
  Upload,
} from './generated/prisma/client.ts';
export { Prisma };

export type Db = PrismaClient;
/** What runs inside `db.$transaction`. */
export type DbTransaction = Prisma.TransactionClient;

/** A client for Postgres at `url`, with at most `poolSize` connections. Connects on first use; `onQuery` sees every statement. */
export function createDb(options: { url: string; poolSize: number; onQuery?: (sql: string) => void }): Db {
  const adapter = new PrismaPg({
    connectionString: options.url,
    max: options.poolSize,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
  });
  if (!options.onQuery) return new PrismaClient({ adapter });
  const { onQuery } = options;
  const db = new PrismaClient({ adapter, log: [{ emit: 'event', level: 'query' }] });
  db.$on('query', (event) => onQuery(event.query));
  return db;
}

/** Whether a write was refused because a row with the same unique key is there already. */
export const isUniqueViolation = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';

/** Whether a write was refused because the row that it refers to is gone. */
export const isMissingReference = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2003';

// Prisma: cannot reach, timed out, closed by the server, no connection free in the pool, undone for another's sake (a deadlock).
const unavailableCodes: ReadonlySet<string> = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2034']);
// The driver below it: connection refused or reset, and Postgres shutting down or starting up.
const driverCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  '57P01',
  '57P02',
  '57P03',
  '53300',
]);

// Of the pool, which gives them no code: no connection became free in time.
const unavailableMessages: ReadonlySet<string> = new Set(['timeout exceeded when trying to connect']);

/** Whether an error says that Postgres could not be reached or had no place, as opposed to refusing a statement: trying again helps. */
export function isDatabaseUnavailable(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const code = 'code' in cause ? String(cause.code) : '';
    if (unavailableCodes.has(code) || driverCodes.has(code) || unavailableMessages.has(cause.message)) return true;
    if (cause instanceof Prisma.PrismaClientInitializationError) return true;
  }
  return false;
}
