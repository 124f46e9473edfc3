import { startWorker, defaultWorkerPolicy, type WorkerPolicy } from '../../worker/worker.ts';
import { createLogger } from '../../src/observability/logger.ts';
import type { Prism, StreamedEvent } from '../support/prism.ts';

/** A document of these sections, in Markdown. */
export const markdownOf = (sections: readonly { title: string; text: string }[]): string =>
  sections.map(({ title, text }) => `# ${title}\n\n${text}\n`).join('\n');

/** Sections that differ from each other, each with something to find. `mark` stands in every title. */
export const manySections = (count: number, mark = 'Clause'): { title: string; text: string }[] =>
  Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    const texts = [
      `The Supplier shall be liable without limitation for any and all damages of whatever kind under clause ${number}.`,
      `Personal data of ${number} customers, such as names and email addresses, will be collected and kept as long as useful.`,
      `This agreement renews automatically for successive periods of ${number + 1} years. The Customer may terminate it at any time without cause.`,
    ];
    return { title: `${mark} ${number}`, text: texts[index % texts.length] ?? '' };
  });

export type Uploaded = { readonly documentId: string; readonly sectionIds: readonly string[] };

export async function uploadSections(
  prism: Prism,
  sections: readonly { title: string; text: string }[],
): Promise<Uploaded> {
  const documentId = await prism.uploadParsed(await prism.createSession(), 'sections.md', markdownOf(sections));
  const { document } = await prism.ask('query($id: ID!) { document(id: $id) { sections { id } } }', { id: documentId });
  return { documentId, sectionIds: document.sections.map(({ id }: { id: string }) => id) };
}

/** Id of the new analysis. */
export async function analyze(prism: Prism, sectionId: string | undefined): Promise<string> {
  const { analyzeSection } = await prism.ask(
    'mutation($id: ID!) { analyzeSection(input: { sectionId: $id }) { analysis { id } } }',
    { id: sectionId },
  );
  return analyzeSection.analysis.id;
}

/** Ids of the new analyses, in reading order, which is the order in which they start. */
export async function analyzeAll(prism: Prism, documentId: string): Promise<string[]> {
  const { analyzeDocument } = await prism.ask(
    'mutation($id: ID!) { analyzeDocument(input: { documentId: $id }) { analyses { id } } }',
    { id: documentId },
  );
  return analyzeDocument.analyses.map(({ id }: { id: string }) => id);
}

export const readAnalysis = async (prism: Prism, id: string): Promise<StreamedEvent> =>
  (
    await prism.ask(
      `query($id: ID!) { analysis(id: $id) {
        status attempt thinking error { code retryable } modelUsed { key } feedback { id title evidence { quote } }
        modelAttempts { model { key } region outcome }
        usage { inputTokens outputTokens cacheReadTokens cacheWriteTokens costUsd }
      } }`,
      { id },
    )
  ).analysis;

export const names = (events: readonly StreamedEvent[]): string[] => events.map((event) => event.__typename);

export const ofType = (events: readonly StreamedEvent[], typename: string): StreamedEvent[] =>
  events.filter((event) => event.__typename === typename);

/** Takes events up to the first of this type, which is returned; all of them go to `taken`. */
export async function until(
  events: AsyncIterator<StreamedEvent>,
  typename: string,
  taken: StreamedEvent[] = [],
): Promise<StreamedEvent> {
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new Error(`The events ended without ${typename}: ${names(taken).join(' ')}`);
    taken.push(value);
    if (value.__typename === typename) return value;
  }
}

export async function collect(
  events: AsyncIterable<StreamedEvent>,
  into: StreamedEvent[] = [],
): Promise<StreamedEvent[]> {
  for await (const event of events) into.push(event);
  return into;
}

/** The whole log of an analysis that has ended. */
export const logOf = (prism: Prism, analysisId: string): Promise<StreamedEvent[]> =>
  collect(prism.events('analysisEvents', analysisId));

/** A worker in this process whose policy differs from the default. Close it before the installation. */
export const startWorkerWith = (prism: Prism, policy: Partial<WorkerPolicy>, settings: Partial<Prism['config']> = {}) =>
  startWorker({
    config: { ...prism.config, ...settings },
    logger: createLogger({ name: 'test-worker', level: prism.config.logLevel, format: 'json' }),
    policy: { ...defaultWorkerPolicy, ...policy },
  });
