import { join } from 'node:path';
import { findPackageRoot } from '../../src/package-root.ts';

/** A compiled file: for what runs as a process of its own. `npm test` builds first. */
export const distFile = (...path: string[]): string => join(findPackageRoot(import.meta.dirname), 'dist', ...path);
