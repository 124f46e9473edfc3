import { connectClient, type Client } from './client.ts';
import { createDirectCaller, type DirectCaller, type ReviewedDocument } from './direct-caller.ts';
import type { Servers, System } from './installation.ts';
import { cpuSecondsOfTree } from './process-usage.ts';
import { sampleContract } from './sample-contract.ts';

/** Documents under way at once, and calls of the simulator at once when it is asked directly. */
export const concurrency = 8;
const warmUpDocuments = 16;
const documents = 48;
const sectionsPerDocument = 10;

export const parts = ['API', 'worker, with its parsers', 'Postgres', 'Redis', 'simulator', 'client'] as const;
type Part = (typeof parts)[number];

export type Load = {
  readonly sections: number;
  readonly documentsPerMinute: number;
  readonly sectionsPerMinute: number;
  /** CPU that each part has spent on a section. */
  readonly cpuMs: Readonly<Record<Part, number>>;
  /** The same sections asked of the simulator directly, as many at once. */
  readonly direct: {
    readonly sectionsPerMinute: number;
    readonly cpuMs: Readonly<Record<'simulator' | 'client', number>>;
  };
};

/** Several clients at once, each uploading a contract, watching it, having it analysed to its end, then the next. */
export async function measureLoad(servers: Servers, system: System): Promise<Load> {
  const client = connectClient(system.apiUrl);
  const direct = createDirectCaller(system.simulatorUrl, concurrency);
  const cpu = (): Promise<Record<Part, number>> => cpuSeconds(servers, system);
  try {
    const reviewAll = async (count: number): Promise<ReviewedDocument[]> => {
      const sessionId = await client.createSession('load');
      return inLanes(
        Array.from({ length: count }, (_, number) => number),
        (number) => review(client, sessionId, number),
      );
    };
    await askAll(direct, await reviewAll(warmUpDocuments));
    const [whole, reviewed] = await timed(cpu, () => reviewAll(documents));
    const [alone] = await timed(cpu, () => askAll(direct, reviewed));
    const sections = reviewed.flatMap((document) => document.sections).length;
    const perSectionMs = (seconds: number): number => (seconds * 1_000) / sections;
    return {
      sections,
      documentsPerMinute: (documents * 60) / whole.seconds,
      sectionsPerMinute: (sections * 60) / whole.seconds,
      cpuMs: Object.fromEntries(parts.map((part) => [part, perSectionMs(whole.cpuSeconds[part])])) as Record<
        Part,
        number
      >,
      direct: {
        sectionsPerMinute: (sections * 60) / alone.seconds,
        cpuMs: { simulator: perSectionMs(alone.cpuSeconds.simulator), client: perSectionMs(alone.cpuSeconds.client) },
      },
    };
  } finally {
    direct.close();
    client.close();
  }
}

async function review(client: Client, sessionId: string, number: number): Promise<ReviewedDocument> {
  const filename = `contract-${number}.md`;
  const documentId = await client.upload(sessionId, filename, sampleContract(number, sectionsPerDocument));
  const watch = client.watch(documentId);
  await watch.until('DocumentReady');
  const sections = await client.sections(documentId);
  await Promise.all([watch.until('AnalysisCompleted', sections.length), client.analyzeDocument(documentId)]);
  watch.stop();
  return { filename, sections };
}

const askAll = (direct: DirectCaller, reviewed: readonly ReviewedDocument[]) =>
  inLanes(
    reviewed.flatMap((document) => document.sections.map((section) => ({ document, section }))),
    ({ document, section }) => direct.ask(document, section),
  );

/** Works on `concurrency` items at a time. */
async function inLanes<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.values();
  const lane = async (): Promise<void> => {
    // The lanes share one iterator.
    for (const item of queue) results.push(await work(item));
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return results;
}

type Spent = { readonly seconds: number; readonly cpuSeconds: Readonly<Record<Part, number>> };

async function timed<T>(cpu: () => Promise<Record<Part, number>>, work: () => Promise<T>): Promise<[Spent, T]> {
  const before = await cpu();
  const startedMs = performance.now();
  const result = await work();
  const seconds = (performance.now() - startedMs) / 1_000;
  const after = await cpu();
  const spent = parts.map((part) => [part, after[part] - before[part]]);
  return [{ seconds, cpuSeconds: Object.fromEntries(spent) as Record<Part, number> }, result];
}

async function cpuSeconds(servers: Servers, system: System): Promise<Record<Part, number>> {
  const own = process.cpuUsage();
  const [api, worker, postgres, redis, simulator] = await Promise.all(
    [system.apiPid, system.workerPid, servers.postgresPid, servers.redisPid, system.simulatorPid].map(cpuSecondsOfTree),
  );
  return {
    API: api ?? NaN,
    'worker, with its parsers': worker ?? NaN,
    Postgres: postgres ?? NaN,
    Redis: redis ?? NaN,
    simulator: simulator ?? NaN,
    client: (own.user + own.system) / 1e6,
  };
}
