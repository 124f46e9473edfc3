import { isDeepStrictEqual } from 'node:util';
import { countBy } from 'es-toolkit';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { startServers, type System } from './support/installation.ts';

/*
 * 500 sections against a provider that throttles 30 % of all calls, cuts 5 % of its answers in the middle, lets 2 % stall and ends 1 %
 * early without saying so; beside the same sections without a fault. Everything runs in processes of its own over real sockets.
 *
 *   node dist/bench/chaos.js [sections]
 *
 * Exits with 1 when a finding differs, is there twice, or a call was not counted exactly once.
 */

type Finding = { readonly title: string; readonly evidence: readonly unknown[] };
type Analysis = {
  readonly id: string;
  readonly status: string;
  readonly error: { readonly code: string; readonly retryable: boolean } | null;
  readonly feedback: readonly (Finding & { readonly id: string })[];
  readonly modelAttempts: readonly { readonly outcome: string }[];
};
type Section = { readonly text: string; readonly latestAnalysis: Analysis };
type Event = { readonly __typename: string; readonly analysisId?: string; readonly feedback?: { readonly id: string } };
type Review = { readonly sections: readonly Section[]; readonly events: readonly Event[]; readonly seconds: number };

const settings = {
  ANALYSIS_TASKS_PER_MINUTE: '1000000',
  MAX_REQUESTS_PER_MINUTE: '1000000',
  MAX_TOKENS_PER_MINUTE: '1000000000000',
  MAX_CONCURRENT_REQUESTS: '16',
  WORKER_CONCURRENCY: '16',
  MODEL_CHAIN: 'sonnet-4.5,sonnet-4.6,haiku-4.5',
  MODEL_IDLE_TIMEOUT_MS: '1000',
  LOG_LEVEL: 'error',
};

const faults = [
  { fault: { kind: 'throttle', retryAfterSeconds: 1 }, probability: 0.3, seed: 1 },
  { fault: { kind: 'mid-stream-exception', afterTokens: 80 }, probability: 0.05, seed: 2 },
  { fault: { kind: 'stall', afterTokens: 40 }, probability: 0.02, seed: 3 },
  { fault: { kind: 'clean-cut', afterTokens: 120 }, probability: 0.01, seed: 4 },
];

const phrases = [
  'The Supplier shall be liable without limitation for any and all damages of whatever kind',
  'Personal data of customers, such as names and email addresses, will be collected and kept as long as useful',
  'This agreement renews automatically for successive periods of one year, and the fee will be paid soon',
];
const documentOf = (sections: number): string =>
  Array.from(
    { length: sections },
    (_, i) => `# Clause ${i}\n\n${phrases[i % phrases.length]}, under clause ${i}.\n`,
  ).join('\n');

async function ask<T>(url: string, body: FormData | { query: string; variables: object }): Promise<T> {
  const isForm = body instanceof FormData;
  const response = await fetch(url, {
    method: 'POST',
    body: isForm ? body : JSON.stringify(body),
    ...(isForm ? {} : { headers: { 'content-type': 'application/json' } }),
  });
  const { data, errors } = (await response.json()) as { data: T; errors?: { message: string }[] };
  if (errors?.[0]) throw new Error(errors[0].message);
  return data;
}

async function upload(url: string, text: string): Promise<string> {
  const create = 'mutation { createSession(input: { title: "chaos" }) { session { id } } }';
  const { createSession } = await ask<{ createSession: { session: { id: string } } }>(url, {
    query: create,
    variables: {},
  });
  const query = 'mutation($input: UploadDocumentInput!) { uploadDocument(input: $input) { document { id } } }';
  const variables = { input: { sessionId: createSession.session.id, file: null } };
  const form = new FormData();
  form.set('operations', JSON.stringify({ query, variables }));
  form.set('map', '{"0":["variables.input.file"]}');
  form.set('0', new File([text], 'chaos.md'));
  const data = await ask<{ uploadDocument: { document: { id: string } } }>(url, form);
  return data.uploadDocument.document.id;
}

/** All events of the document, up to the moment when nothing of it is under way any more. */
async function follow(url: string, documentId: string): Promise<Event[]> {
  const socket = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket });
  const query = `subscription($id: ID!) { documentEvents(documentId: $id) { __typename
    ... on AnalysisStarted { analysisId } ... on FeedbackFound { analysisId feedback { id } }
    ... on AttemptRestarted { of: analysisId } ... on ThrottleWaiting { of: analysisId }
    ... on AnalysisCompleted { analysisId } ... on AnalysisFailed { analysisId } } }`;
  const events: Event[] = [];
  for await (const { data, errors } of socket.iterate<{ documentEvents: Event }>({
    query,
    variables: { id: documentId },
  })) {
    if (errors?.[0]) throw new Error(errors[0].message);
    if (data) events.push(data.documentEvents);
  }
  await socket.dispose();
  return events;
}

async function review({ apiUrl }: System, text: string): Promise<Review> {
  const id = await upload(apiUrl, text);
  await follow(apiUrl, id);
  const startedMs = performance.now();
  const analyze = 'mutation($id: ID!) { analyzeDocument(input: { documentId: $id }) { analyses { id } } }';
  await ask(apiUrl, { query: analyze, variables: { id } });
  const events = await follow(apiUrl, id);
  const seconds = (performance.now() - startedMs) / 1_000;
  const query = `query($id: ID!) { document(id: $id) { sections { text latestAnalysis {
    id status error { code retryable } modelAttempts { outcome } feedback { id title evidence { quote startOffset endOffset verified } }
  } } } }`;
  const { document } = await ask<{ document: { sections: Section[] } }>(apiUrl, { query, variables: { id } });
  return { sections: document.sections, events, seconds };
}

type Counters = { readonly seen: number; readonly inFlight: number };
const countersOf = async ({ simulatorUrl }: System): Promise<Counters> => {
  const response = await fetch(new URL('/__faults', simulatorUrl));
  return ((await response.json()) as { counters: Counters }).counters;
};

const findingsOf = ({ latestAnalysis }: Section): Finding[] =>
  latestAnalysis.feedback.map(({ title, evidence }) => ({ title, evidence }));

/** Findings that a client holds at the end, where AnalysisStarted voids what came before it. */
function shownAtTheEnd(events: readonly Event[], analysisId: string): string[] {
  const own = events.filter((event) => event.analysisId === analysisId);
  const last = own.findLastIndex(({ __typename }) => __typename === 'AnalysisStarted');
  return own.slice(last).flatMap(({ feedback }) => (feedback ? [feedback.id] : []));
}

function compare(calm: Review, chaos: Review) {
  const expected = new Map(calm.sections.map((section) => [section.text, findingsOf(section)]));
  const completed = chaos.sections.filter(({ latestAnalysis }) => latestAnalysis.status === 'COMPLETED');
  const failed = chaos.sections.filter(({ latestAnalysis }) => latestAnalysis.status === 'FAILED');
  const count = (typename: string): number => chaos.events.filter(({ __typename }) => __typename === typename).length;
  const differs = completed.filter((section) => !isDeepStrictEqual(findingsOf(section), expected.get(section.text)));
  const isShownOtherwise = ({ latestAnalysis: { id, feedback } }: Section): boolean =>
    !isDeepStrictEqual(
      shownAtTheEnd(chaos.events, id),
      feedback.map((one) => one.id),
    );
  return {
    sections: chaos.sections.length,
    completed: completed.length,
    'failed truly': failed.filter(({ latestAnalysis }) => latestAnalysis.error?.retryable === true).length,
    'neither nor': chaos.sections.length - completed.length - failed.length,
    findings: completed.reduce((sum, section) => sum + findingsOf(section).length, 0),
    'sections with other findings than without faults': differs.length,
    'sections shown otherwise than stored': completed.filter(isShownOtherwise).length,
    'attempts restarted': count('AttemptRestarted'),
    waits: count('ThrottleWaiting'),
  };
}

const callsOf = ({ sections }: Review): string[] =>
  sections.flatMap(({ latestAnalysis }) =>
    latestAnalysis.modelAttempts.map(({ outcome }) => outcome).filter((outcome) => !outcome.startsWith('SKIPPED')),
  );

async function main(): Promise<void> {
  const sections = Number(process.argv[2] ?? 500);
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const servers = await startServers();
  try {
    const system = await servers.startSystem({ tokensPerSecond: 5_000, settings });
    const text = documentOf(sections);
    const calm = await review(system, text);
    console.log(`without faults  ${calm.seconds.toFixed(1)} s`);
    const before = await countersOf(system);
    const headers = { 'content-type': 'application/json' };
    const added = await fetch(new URL('/__faults', system.simulatorUrl), {
      method: 'POST',
      headers,
      body: JSON.stringify(faults),
    });
    if (!added.ok) throw new Error(await added.text());
    const chaos = await review(system, text);
    console.log(`with faults     ${chaos.seconds.toFixed(1)} s`);
    const calls = callsOf(chaos);
    const after = await countersOf(system);
    const results = {
      ...compare(calm, chaos),
      'calls made': after.seen - before.seen,
      'calls recorded': calls.length,
      'calls left open': after.inFlight,
    };
    console.table(results);
    console.table(countBy(calls, (outcome) => outcome));
    await system.stop();
    const isRight =
      results['neither nor'] === 0 &&
      results['sections with other findings than without faults'] === 0 &&
      results['sections shown otherwise than stored'] === 0 &&
      results['calls made'] === results['calls recorded'] &&
      results.completed + results['failed truly'] === results.sections;
    if (!isRight) process.exitCode = 1;
  } finally {
    await servers.stop();
  }
}

await main();
