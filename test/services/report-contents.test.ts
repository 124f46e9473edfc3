import { describe, expect, it } from 'vitest';
import type { Db, Feedback } from '../../src/db.ts';
import { newId } from '../../src/ids.ts';
import { localCaller } from '../../src/services/caller.ts';
import { useTestDb } from '../support/services.ts';
import { createTestServices } from '../support/test-services.ts';

const { tenantId } = localCaller;

type AnalysisState = 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'QUEUED' | 'RUNNING' | null;

/** A document whose sections’ analyses are in these states. */
async function createDocument(db: Db, states: readonly AnalysisState[]) {
  const session = await db.session.create({ data: { id: newId('Session'), tenantId, title: 'a session' } });
  const file = { filename: 'a.md', format: 'MARKDOWN', sizeBytes: 1, sha256: '0'.repeat(64), status: 'READY' } as const;
  const document = await db.document.create({
    data: { ...file, id: newId('Document'), tenantId, sessionId: session.id, storageKey: 'a' },
  });
  const sections: { id: string; analysisId: string | null }[] = [];
  for (const [ordinal, status] of states.entries()) {
    const place = { ordinal, level: 1, text: 'x', wordCount: 1, startOffset: ordinal, endOffset: ordinal + 1 };
    const section = await db.section.create({
      data: { ...place, id: newId('Section'), tenantId, documentId: document.id, title: `section ${ordinal}` },
    });
    const analysisId = status && (await addAnalysis(db, section, status));
    sections.push({ id: section.id, analysisId });
  }
  return { tenantId, documentId: document.id, sections };
}

async function addAnalysis(db: Db, section: { id: string; documentId: string }, status: NonNullable<AnalysisState>) {
  const error = status === 'FAILED' ? { code: 'TIMED_OUT', message: 'It took too long.', retryable: true } : {};
  const analysis = await db.analysis.create({
    data: { id: newId('Analysis'), tenantId, documentId: section.documentId, sectionId: section.id, status, error },
  });
  await db.section.update({
    where: { id: section.id },
    data: { latestAnalysisId: analysis.id, currentAnalysisId: analysis.id },
  });
  return analysis.id;
}

async function addFinding(
  db: Db,
  documentId: string,
  { id: sectionId, analysisId }: { id: string; analysisId: string | null },
  parts: Partial<Feedback> & { at?: number },
): Promise<string> {
  const { at = 0, title = 'a finding', confidence = 0.9, risk = 'HIGH', status = 'PENDING', kind = 'RISK' } = parts;
  const id = newId('Feedback');
  const evidence = [{ quote: 'x', startOffset: at, endOffset: at + 1, page: null, verified: true }];
  const base = { kind, category: 'c', detail: 'd', source: 'MODEL', questions: [], checks: ['GEN-1'] } as const;
  await db.feedback.create({
    data: {
      ...base,
      id,
      tenantId,
      documentId,
      sectionId,
      title,
      confidence,
      risk,
      status,
      evidence,
      checks: [...base.checks],
      questions: [],
      groupId: parts.groupId ?? id,
      previousId: parts.previousId ?? null,
      analysisId: parts.analysisId === undefined ? analysisId : parts.analysisId,
    },
  });
  return id;
}

describe('what a report says', () => {
  const statements: string[] = [];
  const db = useTestDb({ poolSize: 4, onQuery: (sql) => statements.push(sql) });

  const contentOf = async (of: { tenantId: string; documentId: string }) => {
    const content = await createTestServices(db).reportContents.of(of);
    if (!content) throw new Error('The document is gone.');
    return content;
  };

  it('leaves out and counts what is below the threshold, and takes the risk from what nobody rejected', async () => {
    const { sections, ...document } = await createDocument(db, ['COMPLETED']);
    const [section] = sections;
    if (!section) throw new Error('no section');
    await addFinding(db, document.documentId, section, { title: 'stands', risk: 'MEDIUM' });
    await addFinding(db, document.documentId, section, { title: 'rejected', risk: 'CRITICAL', status: 'REJECTED' });
    await addFinding(db, document.documentId, section, { title: 'doubtful', risk: 'CRITICAL', confidence: 0.79 });
    const content = await contentOf(document);
    expect(content).toMatchObject({ risk: 'MEDIUM', belowThreshold: 1, threshold: 0.8 });
    expect(content.sections[0]?.findings.map(({ title, status }) => [title, status])).toEqual([
      ['stands', 'PENDING'],
      ['rejected', 'REJECTED'],
    ]);
    expect(content.sections[0]?.findings[0]?.checks).toEqual([{ ref: 'GEN-1', title: expect.stringMatching(/./) }]);
  });

  it('shows findings that say the same once, at the first place in reading order, unless they were decided differently', async () => {
    const { sections, ...document } = await createDocument(db, ['COMPLETED', 'COMPLETED', 'COMPLETED']);
    const [first, second, third] = sections;
    if (!first || !second || !third) throw new Error('no sections');
    const groupId = await addFinding(db, document.documentId, third, { title: 'late', at: 30 });
    await addFinding(db, document.documentId, first, { title: 'behind', at: 9 });
    await addFinding(db, document.documentId, first, { title: 'early', at: 5, groupId });
    await addFinding(db, document.documentId, second, { title: 'rejected', at: 20, groupId, status: 'REJECTED' });
    const content = await contentOf(document);
    const shown = content.sections.map(({ findings }) => findings.map(({ title, number }) => [number, title]));
    expect(shown).toEqual([
      [
        [1, 'early'],
        [2, 'behind'],
      ],
      [[3, 'rejected']],
      [],
    ]);
    expect(content.sections[0]?.findings[0]?.otherPlaces).toMatchObject([
      { sectionTitle: 'section 2', evidence: [{ startOffset: 30 }] },
    ]);
  });

  it('shows what was found in several places with its highest risk, which is that of the report', async () => {
    const { sections, ...document } = await createDocument(db, ['COMPLETED', 'COMPLETED']);
    const [first, second] = sections;
    if (!first || !second) throw new Error('no sections');
    const groupId = await addFinding(db, document.documentId, first, { risk: 'MEDIUM' });
    await addFinding(db, document.documentId, second, { risk: 'CRITICAL', groupId });
    const content = await contentOf(document);
    expect(content.risk).toBe('CRITICAL');
    expect(content.sections.map(({ findings }) => findings.map(({ id, risk }) => [id, risk]))).toEqual([
      [[groupId, 'CRITICAL']],
      [],
    ]);
  });

  it('counts as left out each finding once, and none of which another place is shown', async () => {
    const { sections, ...document } = await createDocument(db, ['COMPLETED', 'COMPLETED']);
    const [first, second] = sections;
    if (!first || !second) throw new Error('no sections');
    const shown = await addFinding(db, document.documentId, first, {});
    await addFinding(db, document.documentId, second, { groupId: shown, confidence: 0.5 });
    const doubtful = await addFinding(db, document.documentId, first, { confidence: 0.5 });
    await addFinding(db, document.documentId, second, { groupId: doubtful, confidence: 0.6 });
    expect(await contentOf(document)).toMatchObject({ belowThreshold: 1 });
  });

  it('takes no risk from a strength, and does not show a risk that says the same as one', async () => {
    const { sections, ...document } = await createDocument(db, ['COMPLETED']);
    const [section] = sections;
    if (!section) throw new Error('no section');
    const strength = { kind: 'STRENGTH', risk: 'CRITICAL' } as const;
    const groupId = await addFinding(db, document.documentId, section, strength);
    expect(await contentOf(document)).toMatchObject({ risk: null });
    await addFinding(db, document.documentId, section, { risk: 'LOW', groupId });
    const content = await contentOf(document);
    expect(content.risk).toBe('LOW');
    expect(content.sections[0]?.findings.map(({ kind }) => kind)).toEqual(['STRENGTH', 'RISK']);
  });

  it('dates a decision that was carried over by when it was made, over several re-runs', async () => {
    const { sections, ...document } = await createDocument(db, ['COMPLETED']);
    const [section] = sections;
    if (!section) throw new Error('no section');
    const decide = async (feedbackId: string, day: number, carriedFromId: string | null): Promise<void> => {
      const decision = { id: newId('FeedbackRevision'), feedbackId, actor: 'ana', status: 'ACCEPTED' } as const;
      await db.feedbackRevision.create({ data: { ...decision, at: new Date(Date.UTC(2026, 0, day)), carriedFromId } });
    };
    const find = async (
      analysisId: string | null,
      day: number,
      carriedFrom: string | null,
      previousId = carriedFrom,
    ) => {
      const parts = { status: 'ACCEPTED', analysisId, previousId, at: day } as const;
      const id = await addFinding(db, document.documentId, section, parts);
      await decide(id, day, carriedFrom);
      return id;
    };
    const again = () => addAnalysis(db, { id: section.id, documentId: document.documentId }, 'COMPLETED');
    const first = await find(section.analysisId, 1, null);
    const second = await find(await again(), 2, first);
    const current = await again();
    const third = await find(current, 3, second);
    await find(current, 4, third, null);
    await find(current, 5, 'a finding that is gone');
    const content = await contentOf(document);
    const date = (day: number) => new Date(Date.UTC(2026, 0, day));
    const decided = (day: number, carriedOver: unknown) => [
      { at: date(day), actor: 'ana', status: 'ACCEPTED', note: null, carriedOver },
    ];
    expect(content.sections[0]?.findings.map(({ history }) => history)).toEqual([
      decided(3, { from: 'EARLIER_ANALYSIS', decidedAt: date(1) }),
      decided(4, { from: 'OTHER_PLACE', decidedAt: date(1) }),
      decided(5, { from: 'EARLIER_ANALYSIS', decidedAt: null }),
    ]);
  });

  it('says of every section why it was not analysed, and leaves out what an analysis under way has found so far', async () => {
    const states = ['COMPLETED', 'FAILED', 'CANCELLED', 'QUEUED', 'RUNNING', null] as const;
    const { sections, ...document } = await createDocument(db, states);
    const [completed, , , , running] = sections;
    if (!completed || !running) throw new Error('no sections');
    await addFinding(db, document.documentId, running, { title: 'half' });
    await addFinding(db, document.documentId, running, { title: "a reviewer's own", analysisId: null });
    const superseded = completed.analysisId;
    await addAnalysis(db, { id: completed.id, documentId: document.documentId }, 'COMPLETED');
    await addFinding(db, document.documentId, completed, { title: 'of an analysis before', analysisId: superseded });
    const content = await contentOf(document);
    expect(content.sections.map(({ state, reason }) => [state, reason])).toEqual([
      ['COMPLETED', null],
      ['FAILED', 'It took too long.'],
      ['CANCELLED', 'Its analysis was cancelled before it was done.'],
      ['QUEUED', 'Its analysis was still waiting for its turn.'],
      ['RUNNING', 'Its analysis was still running.'],
      ['NOT_STARTED', 'It was never sent to analysis.'],
    ]);
    expect(content.sections.flatMap(({ findings }) => findings.map(({ title }) => title))).toEqual([
      "a reviewer's own",
    ]);
  });

  it('counts every call that was made for the document, and none that was skipped', async () => {
    const { sections, ...document } = await createDocument(db, ['COMPLETED']);
    const analysisId = sections[0]?.analysisId ?? null;
    const call = {
      tenantId,
      analysisId,
      attempt: 1,
      modelKey: 'sonnet-4.5',
      region: 'r',
      startedAt: new Date(),
      durationMs: 1,
    };
    const outcomes = ['SUCCEEDED', 'UNAVAILABLE', 'SKIPPED_COOLING_DOWN', 'SKIPPED_CIRCUIT_OPEN'] as const;
    for (const outcome of outcomes) {
      await db.modelAttempt.create({
        data: { ...call, id: newId('ModelAttempt'), outcome, inputTokens: 10, costUsd: 0.5 },
      });
    }
    const { models } = await contentOf(document);
    expect(models).toMatchObject([{ name: 'Claude Sonnet 4.5', calls: 2, inputTokens: 20, costUsd: 1 }]);
  });

  it('takes the same few statements, however many sections and findings there are', async () => {
    const counts: number[] = [];
    for (const size of [1, 12]) {
      const { sections, ...document } = await createDocument(
        db,
        Array.from({ length: size }, () => 'COMPLETED' as const),
      );
      for (const section of sections) await addFinding(db, document.documentId, section, {});
      statements.length = 0;
      await contentOf(document);
      counts.push(statements.filter((sql) => sql.trim().startsWith('SELECT')).length);
    }
    // document, session, sections, their analyses, findings, decisions, model attempts
    expect(counts).toEqual([7, 7]);
  });

  it('is nothing of another tenant', async () => {
    const { documentId } = await createDocument(db, ['COMPLETED']);
    expect(await createTestServices(db).reportContents.of({ tenantId: 'another', documentId })).toBeNull();
  });
});
