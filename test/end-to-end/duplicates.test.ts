import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import { analyzeAll, collect, ofType, uploadSections } from './reviewing.ts';

const repeated = 'The Supplier shall be liable without limitation for any and all damages of whatever kind.';

const read = `query($id: ID!, $filter: FeedbackFilter) { document(id: $id) {
  feedback(first: 100, filter: $filter) { totalCount nodes { id title status places { section { id } feedbackId evidence { quote startOffset } } } }
  sections { id feedback { id title status history { status actor note carriedOverFrom } places { feedbackId } } latestAnalysis { feedback { id } } }
} }`;

describe('findings that say the same in one document', () => {
  let prism: Prism;
  let documentId: string;
  let events: StreamedEvent[];
  const sectionCount = 6;
  beforeAll(async () => {
    prism = await startPrism({ workers: 2 });
    const sections = Array.from({ length: sectionCount }, (_, index) => ({
      title: `Annex ${index + 1}`,
      text: `${repeated}\n\nIt was written in the month of May, as the ${index + 1} others were.`,
    }));
    ({ documentId } = await uploadSections(prism, sections));
    // All at once: two workers with four jobs each.
    await analyzeAll(prism, documentId);
    events = await collect(prism.events('documentEvents', documentId));
  });
  afterAll(() => prism.close());

  const document = async (filter: Record<string, unknown> = {}): Promise<StreamedEvent> =>
    (await prism.ask(read, { id: documentId, filter })).document;

  it('are all found, in every section, and shown once with all places in the document', async () => {
    const { feedback, sections } = await document();
    const perSection = sections[0].feedback.length;
    expect(perSection).toBeGreaterThan(0);
    expect(ofType(events, 'FeedbackFound')).toHaveLength(perSection * sectionCount);
    expect(feedback.totalCount).toBe(perSection);
    expect(feedback.nodes).toHaveLength(perSection);
    for (const node of feedback.nodes) {
      expect(node.places.map((place: StreamedEvent) => place.section.id)).toEqual(
        sections.map(({ id }: StreamedEvent) => id),
      );
      const starts = node.places.map((place: StreamedEvent) => place.evidence[0].startOffset);
      expect(starts).toEqual(starts.toSorted((a: number, b: number) => a - b));
      expect(new Set(starts).size).toBe(sectionCount);
    }
    for (const section of sections) {
      expect(section.feedback).toHaveLength(perSection);
      expect(section.latestAnalysis.feedback).toHaveLength(perSection);
      for (const { places } of section.feedback) expect(places).toHaveLength(sectionCount);
    }
  });

  it('are paged once each', async () => {
    const { feedback } = await document();
    const seen: string[] = [];
    for (let after: string | null = null; ;) {
      const page: StreamedEvent = (
        await prism.ask(
          'query($id: ID!, $after: String) { document(id: $id) { feedback(first: 1, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } }',
          { id: documentId, after },
        )
      ).document.feedback;
      seen.push(...page.nodes.map(({ id }: StreamedEvent) => id));
      after = page.pageInfo.endCursor;
      if (!page.pageInfo.hasNextPage) break;
    }
    expect(seen).toEqual(feedback.nodes.map(({ id }: StreamedEvent) => id));
  });

  it('are decided together, each with its history', async () => {
    const { feedback } = await document();
    const [first] = feedback.nodes;
    const decide = `mutation($ids: [ID!]!, $status: FeedbackStatus!) {
      decideFeedback(input: { ids: $ids, status: $status, note: "as everywhere" }) { feedback { id status } } }`;
    const decided = first.places[3].feedbackId;
    await prism.ask(decide, { ids: [decided], status: 'REJECTED' });
    await prism.ask(decide, { ids: [decided], status: 'REJECTED' });
    const after = await document();
    const members = after.sections.flatMap((section: StreamedEvent) =>
      section.feedback.filter(({ title }: StreamedEvent) => title === first.title),
    );
    expect(members).toHaveLength(sectionCount);
    for (const { id, status, history } of members) {
      expect(status).toBe('REJECTED');
      const carriedOverFrom = id === decided ? null : decided;
      expect(history).toEqual([{ status: 'REJECTED', actor: 'local', note: 'as everywhere', carriedOverFrom }]);
    }
    expect((await document({ status: ['REJECTED'] })).feedback.totalCount).toBe(1);
    expect((await document({ status: ['PENDING'] })).feedback.totalCount).toBe(feedback.totalCount - 1);
  });
});
