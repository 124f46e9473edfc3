import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { findPackageRoot } from '../src/package-root.ts';
import { schema } from './schema.ts';

writeFileSync(join(findPackageRoot(), 'schema', 'schema.graphql'), `${printSchema(lexicographicSortSchema(schema))}\n`);
