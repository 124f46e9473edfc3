import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config.ts';
import { commandLineOf } from '../../src/embedded/process-table.ts';
import { createSystem } from '../../src/embedded/system.ts';
import { createTerminal } from '../../src/embedded/terminal.ts';
import { findPackageRoot } from '../../src/package-root.ts';
import { distFile } from '../support/dist.ts';
import { createTestDatabase } from '../support/services.ts';
import { createTempFolder } from '../support/temp-folder.ts';

/*
 * The real supervisor, Postgres and Redis, with small scripts in the place of API, worker and simulator. Each appends a line to a journal
 * when it starts and when it ends.
 */

const processScript = (announce: string) => `
  import { appendFileSync } from 'node:fs';
  import { createServer } from 'node:http';
  const name = process.argv[1].split('/').at(-1).replace('.mjs', '');
  const say = (what) => appendFileSync(process.env.JOURNAL, name + ' ' + what + '\\n');
  const end = (why) => { say(why); process.exit(0); };
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('disconnect', () => end('disconnect'));
  const port = { api: process.env.PORT, worker: 0, simulator: process.argv[3] }[name];
  const server = createServer((request, response) => response.end(JSON.stringify(process.env)));
  server.listen(port, '127.0.0.1', () => {
    say('up ' + process.pid);
    ${announce}
  });`;
const ready = processScript('process.send({ ready: true });');
const announced = processScript(
  "process.stdout.write(JSON.stringify({ url: 'http://127.0.0.1:' + server.address().port }) + '\\n');",
);

type Scripts = { api?: string; worker?: string; simulator?: string };
async function givenServices(): Promise<Record<string, string>> {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  return { DATABASE_URL: database.url, REDIS_URL: inject('redisUrl') };
}

type Fixture = Awaited<ReturnType<typeof createFixture>>;

/** With the run's own servers, unless a test is about bringing them up, which takes longer. */
async function createFixture(scripts: Scripts = {}, given: Record<string, string> = {}) {
  const folder = await createTempFolder();
  const env = {
    PATH: String(process.env['PATH']),
    JOURNAL: join(folder, 'journal'),
    PORT: '0',
    PRISM_DATA_DIR: join(folder, 'data'),
    ...given,
  };
  const entries = {
    api: join(folder, 'api.mjs'),
    worker: join(folder, 'worker.mjs'),
    simulator: join(folder, 'simulator.mjs'),
  };
  await writeFile(entries.api, scripts.api ?? ready);
  await writeFile(entries.worker, scripts.worker ?? ready);
  await writeFile(entries.simulator, scripts.simulator ?? announced);
  const journal = async () => (await readFile(env.JOURNAL, 'utf8').catch(() => '')).split('\n').filter(Boolean);
  return { folder, env, entries, journal };
}

/** A system whose parts are all stopped when the test ends, and what it tells the terminal. */
function createTestSystem({ env, entries }: Fixture) {
  const lines: string[] = [];
  const waiting: { text: string; resolve: () => void }[] = [];
  const write = (line: string) => {
    lines.push(line);
    for (const waiter of waiting) if (line.includes(waiter.text)) waiter.resolve();
  };
  let giveUp: (reason: string) => void = () => undefined;
  const gaveUp = new Promise<string>((resolve) => {
    giveUp = resolve;
  });
  const system = createSystem({
    config: loadConfig(env),
    env,
    entries,
    prismaDir: join(findPackageRoot(import.meta.dirname), 'prisma'),
    clock: hastyClock,
    terminal: createTerminal(write),
    onGiveUp: giveUp,
  });
  onTestFinished(() => system.stop());
  const seen = (text: string) => new Promise<void>((resolve) => waiting.push({ text, resolve }));
  return { system, lines, seen, gaveUp };
}

/** Waits between restarts are a hundredth of the real ones. */
const hastyClock = { ...systemClock, sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 100, signal) };

const pidsIn = (journal: readonly string[], name: string) =>
  journal.flatMap((line) => (line.startsWith(`${name} up `) ? [Number(line.split(' ')[2])] : []));

/** Every process whose command line names the folder. */
async function processesOf(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
  const commandLines = await Promise.all(pids.map(commandLineOf));
  return commandLines.filter((commandLine) => commandLine.includes(folder));
}

describe('the embedded system', { timeout: 90_000 }, () => {
  test('brings up what is used before its users, and gives them the addresses', async () => {
    const fixture = await createFixture();
    const { system, lines } = createTestSystem(fixture);
    const { url, models } = await system.start();
    expect(models).toBe('simulated');
    const names = lines.map((line) => line.trim().split(' ')[0]);
    expect(names.indexOf('Postgres')).toBeLessThan(names.indexOf('Migrations'));
    for (const part of ['Migrations', 'Redis', 'Simulator']) {
      expect(names.indexOf(part)).toBeGreaterThan(-1);
      expect(names.indexOf(part)).toBeLessThan(Math.min(names.indexOf('API'), names.indexOf('Worker')));
    }
    const env = (await (await fetch(url)).json()) as Record<string, string>;
    expect(env).toMatchObject({
      DATABASE_URL: expect.stringMatching(/^postgresql:.*prism$/),
      REDIS_URL: expect.stringMatching(/^redis:/),
      BEDROCK_ENDPOINT: expect.stringMatching(/^http:/),
      PRISM_DATA_DIR: join(fixture.folder, 'data'),
      PORT: new URL(url).port,
    });
  });

  test('stops in order, and leaves nothing running', async () => {
    const fixture = await createFixture();
    const { system } = createTestSystem(fixture);
    await system.start();
    expect(await processesOf(fixture.folder)).not.toEqual([]);
    await system.stop();
    const ends = (await fixture.journal()).filter((line) => line.endsWith('SIGTERM'));
    expect(ends.slice(0, 2).sort()).toEqual(['api SIGTERM', 'worker SIGTERM']);
    expect(ends.slice(2)).toEqual(['simulator SIGTERM']);
    expect(await processesOf(fixture.folder)).toEqual([]);
  });

  test('starts a part again that dies, and says so', async () => {
    const fixture = await createFixture({}, await givenServices());
    const { system, lines, seen } = createTestSystem(fixture);
    await system.start();
    const isBack = seen('Worker is back');
    process.kill(pidsIn(await fixture.journal(), 'worker')[0] ?? 0, 'SIGKILL');
    await isBack;
    expect(lines).toContainEqual(expect.stringContaining('Worker ended (SIGKILL); starting it again'));
    expect(pidsIn(await fixture.journal(), 'worker')).toHaveLength(2);
  });

  test('starts servers again at the address that their users know', async () => {
    const fixture = await createFixture({}, await givenServices());
    const { system, seen } = createTestSystem(fixture);
    const { url } = await system.start();
    const before = (await (await fetch(url)).json()) as Record<string, string>;
    const isBack = seen('Simulator is back');
    process.kill(pidsIn(await fixture.journal(), 'simulator')[0] ?? 0, 'SIGKILL');
    await isBack;
    expect((await fetch(String(before['BEDROCK_ENDPOINT']))).status).toBe(200);
  });

  test('gives up a part that keeps dying', async () => {
    const fixture = await createFixture(
      { worker: 'process.send({ ready: true }, () => process.exit(3));' },
      await givenServices(),
    );
    const { system, gaveUp } = createTestSystem(fixture);
    await system.start();
    expect(await gaveUp).toMatch(/^Worker ended \(code 3\) again and again. See .*logs\/worker.log.$/);
  });

  test('that cannot start says why, and leaves nothing running', async () => {
    const fixture = await createFixture(
      { api: "console.error('cannot listen'); process.exit(1);" },
      await givenServices(),
    );
    const { system } = createTestSystem(fixture);
    await expect(system.start()).rejects.toThrow(
      'API ended (code 1) before it was ready; its last lines: cannot listen',
    );
    await system.stop();
    expect(await processesOf(fixture.folder)).toEqual([]);
  });

  test('can be stopped while it is starting', async () => {
    const fixture = await createFixture({ api: 'setInterval(() => 0, 1000);' }, await givenServices());
    const { system, seen } = createTestSystem(fixture);
    const workerIsUp = seen('Worker');
    const outcome = system.start().then(
      () => 'started',
      (error: Error) => error.message,
    );
    await workerIsUp;
    await system.stop();
    expect(await outcome).toBe('API is being stopped');
    expect(await processesOf(fixture.folder)).toEqual([]);
  });

  test('can be killed when a part does not want to end', async () => {
    const stubborn =
      "process.on('SIGTERM', () => undefined); setInterval(() => 0, 1000); process.send({ ready: true });";
    const fixture = await createFixture({ worker: stubborn }, await givenServices());
    const { system } = createTestSystem(fixture);
    await system.start();
    const stopped = system.stop();
    system.kill();
    await stopped;
    expect(await processesOf(fixture.folder)).toEqual([]);
  });

  test('uses the database that the environment names, and brings up none', async () => {
    const services = await givenServices();
    const fixture = await createFixture({}, { ...services, AWS_PROFILE: 'work' });
    const { system } = createTestSystem(fixture);
    const { url, models } = await system.start();
    expect(models).toBe('bedrock');
    const env = (await (await fetch(url)).json()) as Record<string, string>;
    expect(env).toMatchObject(services);
    expect(env).not.toHaveProperty('BEDROCK_ENDPOINT');
    expect((await readdir(join(fixture.folder, 'data'))).sort()).toEqual(['lock', 'logs', 'run']);
  });

  test('refuses a port that is in use, and a folder that is in use, before it starts anything', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    onTestFinished(() => void blocker.close());
    const port = String((blocker.address() as { port: number }).port);
    const fixture = await createFixture({}, { PORT: port });
    await expect(createTestSystem(fixture).system.start()).rejects.toThrow(`Port ${port} of 127.0.0.1 is in use`);
    expect(await fixture.journal()).toEqual([]);

    const free = await createFixture();
    await createTestSystem(free).system.start();
    await expect(createTestSystem(free).system.start()).rejects.toThrow(/is in use by another run/);
  });

  test('simply starts again after it was killed', async () => {
    const fixture = await createFixture();
    const prismaDir = join(findPackageRoot(import.meta.dirname), 'prisma');
    const script = `
      const load = (path) => import(${JSON.stringify(distFile('src'))} + path);
      const [{ createSystem }, { loadConfig }, { systemClock }, { createTerminal }] = await Promise.all(
        ['/embedded/system.js', '/config.js', '/clock.js', '/embedded/terminal.js'].map(load));
      const system = createSystem({
        config: loadConfig(process.env), env: process.env, entries: ${JSON.stringify(fixture.entries)},
        prismaDir: ${JSON.stringify(prismaDir)}, clock: systemClock, terminal: createTerminal(() => undefined), onGiveUp() {},
      });
      await system.start();
      console.log('up');`;
    const first = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: fixture.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void first.kill('SIGKILL'));
    await once(createInterface({ input: first.stdout }), 'line');
    first.kill('SIGKILL');
    await once(first, 'exit');

    await createTestSystem(fixture).system.start();
    const [oldApi, newApi] = pidsIn(await fixture.journal(), 'api');
    expect(await commandLineOf(oldApi ?? 0)).toBe('');
    expect(await commandLineOf(newApi ?? 0)).toContain('api.mjs');
  });
});
