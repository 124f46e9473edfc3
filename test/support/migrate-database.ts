import { join } from 'node:path';
import { migrate } from '../../src/migrate.ts';
import { findPackageRoot } from '../../src/package-root.ts';

/** Brings a database to the product's schema. */
export async function migrateDatabase(databaseUrl: string): Promise<void> {
  const prisma = join(findPackageRoot(import.meta.dirname), 'prisma');
  await migrate({
    databaseUrl,
    migrationsDir: join(prisma, 'migrations'),
    schemaPath: join(prisma, 'schema.prisma'),
    onLog: () => undefined,
  });
}
