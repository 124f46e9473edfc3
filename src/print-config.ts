import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withConfigTable } from './config-table.ts';
import { findPackageRoot } from './package-root.ts';

const path = join(findPackageRoot(), 'README.md');
writeFileSync(path, withConfigTable(readFileSync(path, 'utf8')));
