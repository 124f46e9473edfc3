import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { ConfigError, loadConfig, type Config } from '../config.ts';
import { findPackageRoot } from '../package-root.ts';
import { createSystem } from './system.ts';
import { createTerminal } from './terminal.ts';
import { welcome } from './welcome.ts';

/*
 * npm start: the whole system on one machine. Ctrl-C or SIGTERM stops it in order, a second one at once.
 */

/** npm passes a Ctrl-C on that the terminal has sent to the whole process group already: two within this are one. */
const sameSignalMs = 500;

async function main(env: NodeJS.ProcessEnv): Promise<number> {
  const config = readConfig(env);
  if (config === null) return 1;
  const startedMs = systemClock.monotonic();
  let askToStop: (exitCode: number) => void = () => undefined;
  const asked = new Promise<number>((resolve) => {
    askToStop = resolve;
  });
  const terminal = createTerminal((line) => console.log(line));
  const system = createSystem({
    config,
    env,
    entries: {
      api: join(import.meta.dirname, '..', 'server', 'main.js'),
      worker: join(import.meta.dirname, '..', '..', 'worker', 'main.js'),
      simulator: join(import.meta.dirname, 'bedrock-simulator', 'main.js'),
    },
    prismaDir: join(findPackageRoot(), 'prisma'),
    clock: systemClock,
    terminal,
    onGiveUp(reason) {
      console.error(`\n${reason}`);
      askToStop(1);
    },
  });
  onStopSignals({
    first() {
      terminal.line('\nStopping ...');
      askToStop(0);
    },
    again() {
      system.kill();
      process.exit(130);
    },
  });
  terminal.line(`AI-Prism, with its data in ${config.dataDir}\n`);
  const started = system.start().then((running) => {
    terminal.line(welcome({ ...running, readyMs: systemClock.monotonic() - startedMs }));
    return asked;
  });
  const exitCode = await Promise.race([asked, started]).catch((error: unknown) => {
    console.error(`\n${error instanceof Error ? error.message : String(error)}`);
    return 1;
  });
  await system.stop();
  return exitCode;
}

function readConfig(env: NodeJS.ProcessEnv): Config | null {
  try {
    return loadConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const mistake of error.mistakes) console.error(mistake);
    return null;
  }
}

function onStopSignals(react: { first(): void; again(): void }): void {
  let firstMs: number | null = null;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const nowMs = systemClock.monotonic();
      if (firstMs === null) {
        firstMs = nowMs;
        react.first();
      } else if (nowMs - firstMs > sameSignalMs) react.again();
    });
  }
}

process.exit(await main(process.env));
