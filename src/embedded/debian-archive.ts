import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What to run: the program, and what must come before its arguments. */
export type ServerProgram = { readonly command: string; readonly args: readonly string[] };

type FetchOptions = {
  /** Of the program and of the package that holds it. */
  readonly name: string;
  readonly binDir: string;
  readonly onProgress?: (what: string) => void;
  readonly signal?: AbortSignal;
};

const run = promisify(execFile);

/**
 * Fetches a program and the libraries it lacks with apt, which verifies them, and unpacks them into `<binDir>/<name>`. Nothing is installed and
 * no privilege is needed. Null where apt is not there or does not have it.
 */
export async function fetchFromArchive(options: FetchOptions): Promise<ServerProgram | null> {
  const work = join(options.binDir, `${options.name}.new`);
  await rm(work, { recursive: true, force: true });
  await mkdir(join(work, 'debs', 'partial'), { recursive: true });
  await mkdir(join(work, 'lists', 'partial'), { recursive: true });
  try {
    options.onProgress?.(`fetching ${options.name} with apt into ${options.binDir}`);
    await download(work, options);
    const packages = (await readdir(join(work, 'debs'))).filter((file) => file.endsWith('.deb'));
    for (const file of packages) await run('dpkg-deb', ['-x', join(work, 'debs', file), join(work, 'root')]);
    await rm(join(options.binDir, options.name), { recursive: true, force: true });
    await rename(join(work, 'root'), join(options.binDir, options.name));
    return await findUnpacked(options.binDir, options.name);
  } catch (error) {
    options.signal?.throwIfAborted();
    options.onProgress?.(
      `could not fetch ${options.name}: ${error instanceof Error ? error.message.trim() : String(error)}`,
    );
    return null;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** With the package lists of the system, if they have it; else, as on a fresh container, with lists of our own. */
async function download(work: string, options: FetchOptions): Promise<void> {
  const limits = { timeout: 180_000, ...(options.signal ? { signal: options.signal } : {}) };
  const common = ['-qq', '-o', 'Debug::NoLocking=1', '-o', 'APT::Sandbox::User=root', '-o', `Dir::Cache=${work}`];
  const fetch = ['-y', '--no-install-recommends', '--download-only', '-o', `Dir::Cache::archives=${work}/debs`];
  const install = [...fetch, 'install', options.name];
  const ownLists = ['-o', `Dir::State::lists=${work}/lists`];
  try {
    await run('apt-get', [...common, ...install], limits);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
    await run('apt-get', [...common, ...ownLists, 'update'], limits);
    await run('apt-get', [...common, ...ownLists, ...install], limits);
  }
}

/** A program that was unpacked earlier, run with the libraries that lie beside it; null when there is none. */
export async function findUnpacked(binDir: string, name: string): Promise<ServerProgram | null> {
  const root = join(binDir, name);
  const libraries: string[] = [];
  for (const folder of [join(root, 'usr', 'lib'), join(root, 'lib')]) {
    const entries = await readdir(folder).catch((): string[] => []);
    libraries.push(...entries.filter((entry) => entry.includes('-linux-')).map((entry) => join(folder, entry)));
  }
  const programs = await readdir(join(root, 'usr', 'bin')).catch((): string[] => []);
  if (!programs.includes(name)) return null;
  return { command: 'env', args: [`LD_LIBRARY_PATH=${libraries.join(':')}`, join(root, 'usr', 'bin', name)] };
}
