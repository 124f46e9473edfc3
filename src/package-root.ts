import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The folder that holds package.json, and with it `prisma/` and `node_modules/`: found upward from `from`, so that it is the same from the
 * sources and from `dist/`. Throws when there is none.
 */
export function findPackageRoot(from: string = import.meta.dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) throw new Error(`No package.json in ${from} or any folder above it.`);
  }
}
