import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fetchFromArchive, findUnpacked } from '../../src/embedded/debian-archive.ts';
import { findRedisProgram } from '../../src/embedded/redis-program.ts';
import { createTempFolder } from '../support/temp-folder.ts';

const run = promisify(execFile);
const name = 'prism-test-server';

/** An archive in a folder, with one package that holds a program; apt is told about it, and about no other, by its own variable. */
async function createArchive(): Promise<void> {
  const folder = await createTempFolder();
  const tree = join(folder, 'tree');
  await mkdir(join(tree, 'DEBIAN'), { recursive: true });
  await mkdir(join(tree, 'usr', 'bin'), { recursive: true });
  const { stdout: architecture } = await run('dpkg', ['--print-architecture']);
  const control = `Package: ${name}\nVersion: 1.0\nArchitecture: ${architecture.trim()}\nMaintainer: test <test@localhost>\nDescription: test\n`;
  await writeFile(join(tree, 'DEBIAN', 'control'), control);
  await writeFile(join(tree, 'usr', 'bin', name), '#!/bin/sh\necho version 1.0\n', { mode: 0o755 });
  const deb = join(folder, `${name}.deb`);
  await run('dpkg-deb', ['--build', '--root-owner-group', tree, deb]);
  const sha256 = createHash('sha256')
    .update(await readFile(deb))
    .digest('hex');
  const entry = `${control}Filename: ./${name}.deb\nSize: ${(await stat(deb)).size}\nSHA256: ${sha256}\n`;
  await writeFile(join(folder, 'Packages'), entry);
  await writeFile(join(folder, 'sources.list'), `deb [trusted=yes] copy:${folder} ./\n`);
  const lists = join(folder, 'lists-of-a-fresh-container');
  await mkdir(join(lists, 'partial'), { recursive: true });
  const settings = [
    `Dir::Etc::sourcelist "${join(folder, 'sources.list')}";`,
    'Dir::Etc::sourceparts "/dev/null";',
    `Dir::State::lists "${lists}";`,
  ];
  await writeFile(join(folder, 'apt.conf'), settings.join('\n'));
  process.env['APT_CONFIG'] = join(folder, 'apt.conf');
  onTestFinished(() => void delete process.env['APT_CONFIG']);
}

describe.skipIf(spawnSync('apt-get', ['--version']).status !== 0)("Debian's archive", () => {
  test('gives a program without installing it, also to a machine that has no package lists yet', async () => {
    await createArchive();
    const binDir = await createTempFolder();
    const progress: string[] = [];
    const program = await findRedisProgram({ binDir, names: [name], onProgress: (what) => progress.push(what) });
    const { stdout } = await run(program.command, [...program.args]);
    expect(stdout).toBe('version 1.0\n');
    expect(progress).toEqual([`fetching ${name} with apt into ${binDir}`]);
    await expect(run('dpkg', ['-s', name])).rejects.toThrow(/not installed/);
  });

  test('is asked once: the next start takes what was unpacked', async () => {
    await createArchive();
    const binDir = await createTempFolder();
    await fetchFromArchive({ binDir, name });
    const noFetch = () => Promise.reject(new Error('fetched again'));
    expect(await findRedisProgram({ binDir, names: [name], fetch: noFetch })).toEqual(await findUnpacked(binDir, name));
  });

  test('leaves nothing behind when it does not have the program', async () => {
    await createArchive();
    const binDir = await createTempFolder();
    expect(await fetchFromArchive({ binDir, name: 'prism-no-such-package' })).toBeNull();
    expect(await findUnpacked(binDir, 'prism-no-such-package')).toBeNull();
    await expect(stat(join(binDir, 'prism-no-such-package.new'))).rejects.toThrow(/ENOENT/);
  });
});
