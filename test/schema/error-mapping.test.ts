import { GraphQLError } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toClientError } from '../../schema/error-mapping.ts';
import { createDb, type Db } from '../../src/db.ts';
import { createTestDatabase, type TestDatabase } from '../support/services.ts';
import { silentLogger } from '../support/silent-logger.ts';

const logger = silentLogger;

describe('a request for which no connection to Postgres becomes free', () => {
  let database: TestDatabase;
  let db: Db;
  let letGo = (): void => undefined;
  let holding: Promise<void>;
  beforeAll(async () => {
    database = await createTestDatabase();
    db = createDb({ url: database.url, poolSize: 1 });
    await new Promise<void>((held) => {
      const until = new Promise<void>((resolve) => (letGo = resolve));
      holding = db.$transaction(
        async (transaction) => {
          await transaction.session.count();
          held();
          await until;
        },
        { timeout: 60_000 },
      );
    });
  });
  afterAll(async () => {
    letGo();
    await holding;
    await db.$disconnect();
    await database.drop();
  });

  it.concurrent.each([
    ['reads', () => db.session.findMany()],
    ['executes a statement of its own', () => db.$queryRaw`SELECT 1`],
    ['begins a transaction', () => db.$transaction((transaction) => transaction.session.count())],
  ])('and that %s fails as SERVICE_UNAVAILABLE, to be tried again soon', async (_what, run) => {
    const thrown: unknown = await Promise.resolve(run()).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(Error);
    // As GraphQL hands on what a resolver throws.
    const wrapped = new GraphQLError('wrapped', { originalError: thrown as Error });
    const { message, extensions } = toClientError(wrapped, logger);
    expect(extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', retryable: true, retryAfterMs: 2_000 });
    expect(message).not.toContain('connect');
  });
});
