import { connectClient, type Client, type Received, type Watch } from './client.ts';
import { createDirectCaller, type ReviewedDocument } from './direct-caller.ts';
import type { System } from './installation.ts';
import { sampleContract } from './sample-contract.ts';

const warmUps = 10;
const samples = 100;
const sectionsPerDocument = 22;

/** The way of one analysis up to its first words, each stage from the one before, in ms. The events' own times are whole milliseconds. */
export const stages = {
  AnalysisQueued: 'mutation sent → row stored, job about to be queued',
  AnalysisStarted: '→ a worker has taken the job and the attempt',
  ModelSelected: '→ admitted by the throttle, model about to be called',
  ThinkingDelta: "→ the model's first words are with the worker",
  received: '→ and at the client',
} as const;
type Stage = keyof typeof stages;

export type FirstWords = {
  /** From the mutation to the first ThinkingDelta at the client, a figure per sample. */
  readonly wholeMs: readonly number[];
  /** The simulator's first token when it is asked for the same section directly, in turns with the samples. */
  readonly directMs: readonly number[];
  readonly stageMs: Readonly<Record<Stage, readonly number[]>>;
};

/** Sections are analysed one at a time, each watched over WebSocket. */
export async function measureFirstWords(system: System): Promise<FirstWords> {
  const client = connectClient(system.apiUrl);
  const direct = createDirectCaller(system.simulatorUrl, 1);
  const measured: (Sample & { firstTokenMs: number })[] = [];
  try {
    const sessionId = await client.createSession('first words');
    for (let count = -warmUps; count < samples;) {
      const { document, watch } = await upload(client, sessionId, count);
      for (const section of document.sections) {
        if (count === samples) break;
        const sample = await analyze(client, watch, section.id);
        const { firstTokenMs } = await direct.ask(document, section);
        if (count >= 0) measured.push({ ...sample, firstTokenMs });
        count += 1;
      }
      watch.stop();
    }
  } finally {
    direct.close();
    client.close();
  }
  const stageNames = Object.keys(stages) as Stage[];
  return {
    wholeMs: measured.map(({ wholeMs }) => wholeMs),
    directMs: measured.map(({ firstTokenMs }) => firstTokenMs),
    stageMs: Object.fromEntries(
      stageNames.map((stage) => [stage, measured.map(({ stageMs }) => stageMs[stage])]),
    ) as Record<Stage, number[]>,
  };
}

async function upload(
  client: Client,
  sessionId: string,
  number: number,
): Promise<{ document: ReviewedDocument; watch: Watch }> {
  const filename = `contract-${number}.md`;
  const documentId = await client.upload(sessionId, filename, sampleContract(number, sectionsPerDocument));
  const watch = client.watch(documentId);
  await watch.until('DocumentReady');
  return { document: { filename, sections: await client.sections(documentId) }, watch };
}

type Sample = { readonly wholeMs: number; readonly stageMs: Readonly<Record<Stage, number>> };

async function analyze(client: Client, watch: Watch, sectionId: string): Promise<Sample> {
  const over = watch.until('AnalysisCompleted');
  const sentMs = performance.timeOrigin + performance.now();
  const [events] = await Promise.all([over, client.analyzeSection(sectionId)]);
  const first = firstOf(events, 'ThinkingDelta');
  let beforeMs = sentMs;
  const since = (atMs: number): number => {
    const spentMs = atMs - beforeMs;
    beforeMs = atMs;
    return spentMs;
  };
  const timeOf = (type: string): number => since(Date.parse(firstOf(events, type).event.at));
  return {
    wholeMs: first.atMs - sentMs,
    stageMs: {
      AnalysisQueued: timeOf('AnalysisQueued'),
      AnalysisStarted: timeOf('AnalysisStarted'),
      ModelSelected: timeOf('ModelSelected'),
      ThinkingDelta: timeOf('ThinkingDelta'),
      received: since(first.atMs),
    },
  };
}

function firstOf(events: readonly Received[], type: string): Received {
  const found = events.find(({ event }) => event.__typename === type);
  if (!found) throw new Error(`An analysis went without ${type}.`);
  return found;
}
