import { expect } from 'vitest';
import type { StreamedEvent } from '../support/prism.ts';
import type { CrashSite } from './crash-site.ts';
import { readStream, startStream, type Stream, type Subject, type Transport } from './crash-streams.ts';
import { analyzeAll, manySections, ofType, readAnalysis, uploadSections } from './reviewing.ts';

export type Strike = (streams: readonly Stream[]) => Promise<unknown>;

export type Round = {
  readonly analyses: readonly Stream[];
  readonly documents: readonly Stream[];
  /** Strikes that met their stream alive. */
  readonly struck: number;
};

const transports: readonly Transport[] = ['WebSocket', 'SSE'];
// Of some 90 events that an analysis has without a crash; fewer on a busy machine, where more deltas are merged.
const latestMoment = 35;

type Options = { sections: number; moments: number; random: () => number; strike: Strike };

/** Rounds until so many strikes have met their stream alive; each is given to `check`. */
export async function runRounds(
  site: CrashSite,
  options: Options,
  check: (round: Round) => Promise<void>,
): Promise<void> {
  let left = options.moments;
  for (let round = 1; left > 0; round += 1) {
    const sections = Math.min(options.sections, Math.max(left, 2));
    const result = await runRound(site, { ...options, sections, moments: left });
    await check(result);
    left -= result.struck;
    expect(round, 'rounds without enough strikes').toBeLessThan(3 * options.moments);
  }
}

/** Analyses the sections of a document, followed by clients over both transports; strikes once for each, at a moment of its stream. */
async function runRound(site: CrashSite, { sections, moments, random, strike }: Options): Promise<Round> {
  const { analyses, documents } = await startReview(site, sections);
  const all = [...analyses, ...documents];
  let strikes: Promise<unknown> = Promise.resolve();
  let struck = 0;
  for (const stream of analyses.slice(0, moments)) {
    stream.at(1 + Math.floor(random() * latestMoment), () => {
      strikes = Promise.all([strikes, ...all.map(({ begun }) => begun)]).then(() => {
        if (!stream.hasEnded()) struck += 1;
        return strike(all);
      });
    });
  }
  await Promise.all(all.map(({ ended }) => ended));
  await strikes;
  return { analyses, documents, struck };
}

async function startReview(site: CrashSite, sections: number) {
  const { prism } = site;
  const { documentId } = await uploadSections(prism, manySections(sections));
  const { document } = await prism.ask('query($id: ID!) { document(id: $id) { eventsCursor } }', { id: documentId });
  const ids = await analyzeAll(prism, documentId);
  const subjects = ids.map((id): Subject => ({ field: 'analysisEvents', id, after: null }));
  const all: Subject = { field: 'documentEvents', id: documentId, after: document.eventsCursor };
  const [analyses, documents] = await Promise.all([
    Promise.all(subjects.map((subject, index) => startStream(site, subject, transports[index % 2] ?? 'SSE'))),
    Promise.all(transports.map((transport) => startStream(site, all, transport))),
  ]);
  return { analyses, documents };
}

/** What a client was told is the log, once and in order, to its end; and what is valid of the log is what is stored. */
export async function expectWhole({ prism }: CrashSite, { subject, seen }: Stream): Promise<void> {
  const log = await readStream(prism.server.url, subject);
  expect(seen).toEqual(log);
  expect(new Set(seen.map(({ cursor }) => cursor)).size).toBe(seen.length);
  expect(seen.at(-1)).toMatchObject({ __typename: 'AnalysisCompleted' });
  if (subject.field === 'analysisEvents') await expectStored(prism, subject.id, seen);
}

/** What a client holds at the end, where a start voids what came before it, is what is stored. */
export async function expectStored(
  prism: CrashSite['prism'],
  analysisId: string,
  seen: readonly StreamedEvent[],
): Promise<void> {
  const valid = seen.slice(seen.findLastIndex(({ __typename }) => __typename === 'AnalysisStarted'));
  expect(valid.every(({ attempt }) => attempt === seen.at(-1).attempt)).toBe(true);
  const stored = await readAnalysis(prism, analysisId);
  expect(ofType(valid, 'FeedbackFound').map(({ feedback }) => feedback.id)).toEqual(
    stored.feedback.map((feedback: { id: string }) => feedback.id),
  );
  const thought = ofType(valid, 'ThinkingDelta').map(({ text }) => text);
  expect(thought.join('')).toBe(stored.thinking);
}
