import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from './package-root.ts';
import { reportJsonSchema } from './reports/report-schema.ts';

const path = join(findPackageRoot(), 'docs', 'report.schema.json');
writeFileSync(path, `${JSON.stringify(reportJsonSchema(), null, 2)}\n`);
