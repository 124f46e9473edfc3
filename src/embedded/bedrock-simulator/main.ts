import { fstatSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { systemClock } from '../../clock.ts';
import { ConfigError, loadConfig, type Config } from '../../config.ts';
import { createBedrockSimulator } from './simulator.ts';

/**
 * The simulator as a process of its own: `main.js [--port 4566] [--host 127.0.0.1]`, port 0 (the default) for a free one. Prints one line
 * of JSON, {"url": …}, on stdout as soon as it answers. Ends on SIGTERM. A parent that starts it with a pipe as stdin or with an IPC
 * channel owns it: it ends when either does, also when the parent was killed, and leaves Ctrl-C to the parent.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '0' }, host: { type: 'string', default: '127.0.0.1' } },
  });
  const port = Number(values.port);
  const isPort = /^\d+$/.test(values.port) && port <= 65_535;
  if (!isPort) fail(`--port must be a whole number from 0 to 65535, not ${values.port}`);
  const simulator = createBedrockSimulator({
    tokensPerSecond: readConfig().simulatorTokensPerSecond,
    clock: systemClock,
    keptCalls: 0,
  });
  const stop = (): void => {
    simulator.close().then(
      () => process.exit(0),
      (error: unknown) => fail(String(error)),
    );
  };
  process.once('SIGTERM', stop);
  endWithOwner(stop);
  const { url } = await simulator
    .listen(port, values.host)
    .catch((error: Error) => fail(`Cannot listen on port ${port}: ${error.message}`));
  process.stdout.write(`${JSON.stringify({ url })}\n`);
}

function endWithOwner(stop: () => void): void {
  const hasPipe = isPipe(process.stdin.fd);
  if (hasPipe) process.stdin.once('close', stop).resume();
  const hasChannel = process.channel !== undefined;
  if (hasChannel) process.once('disconnect', stop);
  if (hasPipe || hasChannel) process.on('SIGINT', () => {});
}

function isPipe(descriptor: number): boolean {
  const stat = fstatSync(descriptor);
  return stat.isFIFO() || stat.isSocket();
}

function readConfig(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message);
    throw error;
  }
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

await main();
