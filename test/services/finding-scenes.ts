import type { Feedback } from '../../src/db.ts';
import { newId } from '../../src/ids.ts';
import { createEvidenceFinder } from '../../src/review/evidence.ts';
import { localCaller } from '../../src/services/caller.ts';
import type { EventLog } from '../../src/events/event-log.ts';
import type { JobQueue } from '../../src/queue/job-queue.ts';
import { useTestDb } from '../support/services.ts';
import { createTestServices } from '../support/test-services.ts';

const { tenantId } = localCaller;
export const words = 'The Supplier is liable without limitation.';

export type Scope = { readonly documentId: string; readonly sectionIds: readonly string[] };
export type Running = { readonly id: string; readonly sectionId: string };

// Nobody listens, and the tests work the jobs themselves.
const queue = { firstPriority: async () => null, add: async () => undefined, remove: async () => undefined };
const events = { append: async () => 'appended' };

/** What a model can find, and what reviewers do with it, without a model: analyses of documents whose sections all hold the same words. */
export function useFindings(onQuery: (sql: string) => void = () => undefined) {
  const db = useTestDb({ poolSize: 10, onQuery });
  const services = createTestServices(db, {
    queue: queue as unknown as JobQueue,
    events: events as unknown as EventLog,
  });

  /** A document of sections that all hold the same words. */
  async function documentOf(count: number): Promise<Scope> {
    const session = await db.session.create({ data: { id: newId('Session'), tenantId, title: 's' } });
    const documentId = newId('Document');
    await db.document.create({
      data: {
        id: documentId,
        tenantId,
        sessionId: session.id,
        filename: 'x.md',
        format: 'MARKDOWN',
        sizeBytes: 1,
        sha256: 'x',
        storageKey: 'x',
        status: 'READY',
      },
    });
    const text = `${words} It renews by itself.\n`;
    const sections = Array.from({ length: count }, (_, ordinal) => ({
      id: newId('Section'),
      tenantId,
      documentId,
      ordinal,
      title: `s${ordinal}`,
      level: 1,
      text,
      wordCount: 9,
      startOffset: ordinal * text.length,
      endOffset: (ordinal + 1) * text.length,
    }));
    await db.section.createMany({ data: sections });
    return { documentId, sectionIds: sections.map(({ id }) => id) };
  }

  /** An analysis that a worker has taken up; of a section that has been analysed, a re-run. */
  async function start({ documentId, sectionIds }: Scope, index = 0): Promise<Running> {
    const sectionId = sectionIds[index] ?? '';
    const input = { documentId, sectionIds: [sectionId], force: true };
    const [analysis] = await services.analyses.analyzeDocument(localCaller, input);
    return take(analysis?.id ?? '', sectionId);
  }

  async function take(id: string, sectionId: string): Promise<Running> {
    await services.analysisAttempts.begin(id);
    return { id, sectionId };
  }

  async function add(
    running: Running,
    title: string,
    quote = words,
    detail = `${title}.`,
    part = 0,
    kind: Feedback['kind'] = 'RISK',
  ): Promise<Feedback> {
    const [analysis, section] = await Promise.all([
      db.analysis.findUniqueOrThrow({ where: { id: running.id } }),
      db.section.findUniqueOrThrow({ where: { id: running.sectionId } }),
    ]);
    const stored = await services.analysisAttempts.addFinding(
      { analysisId: running.id, attempt: analysis.attempt },
      analysis,
      {
        finding: {
          type: 'finding',
          kind,
          category: 'c',
          risk: 'HIGH',
          title,
          detail,
          questions: [],
          evidence: [quote],
          checks: [],
          confidence: 0.9,
        },
        evidence: [createEvidenceFinder(section)(quote)],
        confidence: 0.9,
        modelKey: 'sonnet-4.5',
        part,
      },
    );
    if (!stored) throw new Error('fenced');
    return stored;
  }

  const result = {
    summary: 's',
    risk: null,
    confidence: 0.9,
    thinking: '',
    modelKey: 'sonnet-4.5',
    contextTokensSaved: 0,
  } as const;
  const complete = (running: Running, attempt = 1) =>
    services.analysisAttempts.complete({ analysisId: running.id, attempt }, result, 'test');
  const shown = async ({ documentId }: Scope, filter = {}): Promise<readonly string[]> => {
    const pages = await services.feedback.pages(localCaller, [documentId], filter, { first: 100, after: null });
    return pages.get(documentId)?.items.map(({ id }) => id) ?? [];
  };
  /** How many the document says that it shows. */
  const counted = async ({ documentId }: Scope, filter = {}): Promise<number> =>
    (await services.feedback.counts(localCaller, [documentId], filter)).get(documentId) ?? 0;
  const statuses = async (ids: readonly string[]): Promise<string[]> => {
    const rows = await services.feedback.byIds(localCaller, ids);
    return ids.map((id) => rows.find((row) => row.id === id)?.status ?? 'none');
  };
  const decide = (ids: readonly string[], status: Feedback['status'], note?: string) =>
    services.decisions.decide(localCaller, { ids, status, note });

  return { db, services, documentOf, start, take, add, complete, shown, counted, statuses, decide };
}
