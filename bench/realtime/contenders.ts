import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startChild, type ChildHandle } from '../../src/embedded/child-process.ts';
import { findPackageRoot } from '../../src/package-root.ts';
import type { Followed, SenderKind } from './senders.ts';
import type { Services } from './services.ts';

/** A server that is measured. */
export type Contender = {
  readonly key: ContenderKey;
  readonly name: string;
  /** How events get to it. */
  readonly sender: SenderKind;
  /** What its clients ask; null where they name a channel and nothing else. */
  query(follows: Followed): string | null;
  readonly entry: string;
};

export type ContenderKey = 'bare' | 'prism' | 'yoga' | 'apollo' | 'mercurius';

export type RunningContender = Contender & Pick<ChildHandle, 'pid' | 'onExit' | 'stop'> & { readonly port: number };

export const redisPrefix = 'bench';

const peer = (file: string): string => join(findPackageRoot(), 'bench', 'realtime', 'peers', file);
const argumentOf = (follows: Followed): string => `${follows}Id: $id`;

const peerQuery = (follows: Followed): string =>
  `subscription($id: ID!) { ${follows}Events(${argumentOf(follows)}) { __typename cursor at attempt text } }`;

const prismQuery = (follows: Followed): string => {
  const extra = follows === 'document' ? ', follow: true' : '';
  return `subscription($id: ID!) { ${follows}Events(${argumentOf(follows)}${extra}) { __typename ... on Event { cursor at attempt } ... on ThinkingDelta { text } } }`;
};

/** The first one is what the others are compared with. */
export const contenders: readonly Contender[] = [
  { key: 'bare', name: 'bare ws + ioredis', sender: 'whole-frame', query: () => null, entry: peer('bare.mjs') },
  {
    key: 'prism',
    name: 'AI-Prism',
    sender: 'event-log',
    query: prismQuery,
    entry: join(import.meta.dirname, '..', '..', 'src', 'server', 'main.js'),
  },
  { key: 'yoga', name: 'Yoga + graphql-ws', sender: 'json', query: peerQuery, entry: peer('yoga.mjs') },
  {
    key: 'apollo',
    name: 'Apollo + graphql-redis-subscriptions',
    sender: 'json',
    query: peerQuery,
    entry: peer('apollo.mjs'),
  },
  { key: 'mercurius', name: 'Mercurius', sender: 'mqemitter', query: peerQuery, entry: peer('mercurius.mjs') },
];

/** Starts it as a process of its own. With `profileDir`, a CPU profile is written there when it ends; `onTrouble` gets
 * what it says that is no ordinary log line. */
export async function startContender(
  contender: Contender,
  services: Services,
  options: { profileDir: string | null; onTrouble: (line: string) => void },
): Promise<RunningContender> {
  // What the bare one needs the product has, too.
  const isOther = contender.key !== 'bare' && contender.key !== 'prism';
  if (isOther && !existsSync(join(findPackageRoot(), 'bench', 'node_modules')))
    throw new Error('The servers to compare with are not installed. Run: npm ci --prefix bench');
  // Node does not take these by NODE_OPTIONS.
  const profiling = options.profileDir === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(options.profileDir)}`];
  // As package.json starts it.
  const heap = contender.key === 'prism' ? ['--max-semi-space-size=4'] : [];
  const { handle, ready } = await startChild({
    name: contender.name,
    command: process.execPath,
    args: [...heap, ...profiling, contender.entry],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      REDIS_URL: services.redisUrl,
      REDIS_PREFIX: redisPrefix,
      DATABASE_URL: services.databaseUrl,
      PRISM_DATA_DIR: join(services.folder, 'data'),
      // Nothing here calls a model, and nothing may go out.
      BEDROCK_ENDPOINT: 'http://127.0.0.1:9',
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      PORT: '0',
      HOST: '127.0.0.1',
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
    },
    ipc: true,
    readiness: ({ line }) => announcedPort(line ?? ''),
    readyTimeoutMs: 60_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
    pidFile: join(services.folder, `${contender.key}-${(starts += 1)}.pid`),
    onLine: (line) => {
      if (!line.startsWith('{') || /"level":"(error|fatal)"/.test(line)) options.onTrouble(line);
    },
  });
  return { ...contender, ...handle, port: ready };
}

let starts = 0;

/** Each server says where it is by a line of JSON with a `url`. */
function announcedPort(line: string): number | undefined {
  const [, port] = /"url":"http:\/\/127\.0\.0\.1:(\d+)/.exec(line) ?? [];
  return port === undefined ? undefined : Number(port);
}
