import { connectClient, type Received } from './support/client.ts';
import { createDirectCaller } from './support/direct-caller.ts';
import { startServers, type System } from './support/installation.ts';
import type { BenchmarkOptions, Result, Table } from './support/result.ts';
import { sampleContract } from './support/sample-contract.ts';
import { median, overRuns, quantile } from './support/statistics.ts';

/*
 * A question about a document, as a client sees it: how soon the first words of the answer are there, less what the model itself takes. Each
 * question opens a chat of its own about a contract of 22 sections, which fits into the prompt as a whole.
 */

const tokensPerSecond = 2_000;
const warmUps = 10;
const samples = 100;
const sections = 22;
const questions = [
  'Who is liable for damages, and how far?',
  'When can the agreement be terminated?',
  'What happens to personal data of patients?',
];

const unlimited = {
  CHAT_TASKS_PER_MINUTE: '1000000',
  MAX_REQUESTS_PER_MINUTE: '1000000',
  MAX_TOKENS_PER_MINUTE: '1000000000000',
};

/** The way of one question up to the first words, each stage from the one before, in ms. The events' own times are whole milliseconds. */
const stages = {
  answered: 'mutation sent → reply stored and queued, its id at the client',
  ChatMessageStarted: '→ a worker has the job, the attempt and the passages',
  ModelSelected: '→ admitted by the throttle, model about to be called',
  ThinkingDelta: "→ the model's first words are with the worker",
  received: '→ and at the client',
} as const;
type Stage = keyof typeof stages;

type Sample = {
  readonly wholeMs: number;
  readonly directMs: number;
  readonly stageMs: Readonly<Record<Stage, number>>;
};

export async function run({ runs, say }: BenchmarkOptions): Promise<Result> {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const servers = await startServers();
  const done: Sample[][] = [];
  try {
    for (let number = 1; number <= runs; number += 1) {
      say(`run ${number} of ${runs}: ${samples} questions, one at a time`);
      const system = await servers.startSystem({ tokensPerSecond, settings: unlimited });
      try {
        done.push(await measure(system));
      } finally {
        await system.stop();
      }
    }
  } finally {
    await servers.stop();
  }
  return { tables: [firstWordsTable(done), stagesTable(done)] };
}

async function measure(system: System): Promise<Sample[]> {
  const client = connectClient(system.apiUrl);
  const direct = createDirectCaller(system.simulatorUrl, 1);
  const measured: Sample[] = [];
  try {
    const filename = 'contract.md';
    const session = await client.createSession('questions');
    const documentId = await client.upload(session, filename, sampleContract(0, sections));
    const watch = client.watch(documentId);
    await watch.until('DocumentReady');
    watch.stop();
    const document = { filename, sections: await client.sections(documentId) };
    for (let count = -warmUps; count < samples; count += 1) {
      const question = questions[Math.abs(count) % questions.length] ?? '';
      const chatId = await client.startChat(documentId);
      const sentMs = performance.timeOrigin + performance.now();
      const replyId = await client.sendChatMessage(chatId, question);
      const answeredMs = performance.timeOrigin + performance.now();
      const events = await client.followMessage(replyId);
      const { firstTokenMs } = await direct.askInChat(document, question);
      if (count >= 0) measured.push(sampleOf(events, sentMs, answeredMs, firstTokenMs));
    }
  } finally {
    direct.close();
    client.close();
  }
  return measured;
}

function sampleOf(events: readonly Received[], sentMs: number, answeredMs: number, directMs: number): Sample {
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
    directMs,
    stageMs: {
      answered: since(answeredMs),
      // The worker may have the job before the client has the answer.
      ChatMessageStarted: timeOf('ChatMessageStarted'),
      ModelSelected: timeOf('ModelSelected'),
      ThinkingDelta: timeOf('ThinkingDelta'),
      received: since(first.atMs),
    },
  };
}

function firstOf(events: readonly Received[], type: string): Received {
  const found = events.find(({ event }) => event.__typename === type);
  if (!found) throw new Error(`An answer went without ${type}.`);
  return found;
}

const ms = (value: number): string => value.toFixed(1);

function firstWordsTable(runs: readonly Sample[][]): Table {
  const row = (name: string, of: (run: Sample[]) => readonly number[]): string[] => [
    name,
    ...[0.5, 0.95, 0.99].map((share) =>
      overRuns(
        runs.map((run) => quantile(of(run), share)),
        ms,
      ),
    ),
  ];
  const wholeMs = (run: Sample[]): number[] => run.map((sample) => sample.wholeMs);
  const directMs = (run: Sample[]): number[] => run.map((sample) => sample.directMs);
  return {
    title: 'First words of an answer, ms: medians over the runs (least–greatest)',
    columns: ['', 'p50', 'p95', 'p99'],
    rows: [
      row('sendChatMessage sent → first ThinkingDelta at the client', wholeMs),
      row('the simulator alone, asked with the AWS client → first token', directMs),
      row("the first less the simulator's p50 (aim: 50)", (run) => {
        const own = median(directMs(run));
        return wholeMs(run).map((value) => value - own);
      }),
    ],
  };
}

const stagesTable = (runs: readonly Sample[][]): Table => ({
  title: 'Where the time to the first words goes, ms',
  columns: ['', 'p50', 'p95'],
  rows: Object.entries(stages).map(([stage, name]) => [
    name,
    ...[0.5, 0.95].map((share) =>
      overRuns(
        runs.map((run) =>
          quantile(
            run.map(({ stageMs }) => stageMs[stage as Stage]),
            share,
          ),
        ),
        ms,
      ),
    ),
  ]),
});
