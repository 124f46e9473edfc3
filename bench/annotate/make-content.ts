import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseDocument } from '../../src/documents/parse-document.ts';
import type { ReportContent, ReportFinding } from '../../src/reports/report-content.ts';

const at = new Date('2026-01-01T00:00:00Z');

/** A report's content with this many findings, evenly over the document, each on about 15 words of it; every fifth was rejected. */
export async function makeContent(path: string, count: number): Promise<ReportContent> {
  const document = await parseDocument({ path, filename: basename(path) }, () => {});
  const text = document.sections.map((section) => section.text).join('');
  const placed = Array.from({ length: count }, (_, index) => {
    const start = text.indexOf(' ', Math.floor((text.length * index) / count)) + 1;
    return { start, finding: findingAt(text, start, text.indexOf(' ', start + 90), index) };
  });
  const sections = document.sections.map(({ title, level, startOffset, endOffset, pageStart, ordinal }) => ({
    id: String(ordinal),
    title,
    level,
    pageStart,
    state: 'COMPLETED' as const,
    reason: null,
    summary: null,
    risk: null,
    confidence: null,
    modelName: null,
    findings: placed.filter(({ start }) => start >= startOffset && start < endOffset).map(({ finding }) => finding),
  }));
  return {
    generatedAt: at,
    version: '0',
    isSimulated: false,
    sessionTitle: '',
    document: {
      id: 'document',
      filename: basename(path),
      format: document.format,
      sizeBytes: (await stat(path)).size,
      sha256: '',
      pageCount: document.pageCount,
      wordCount: document.wordCount,
      uploadedAt: at,
    },
    playbook: { name: 'Benchmark', description: '' },
    threshold: 0,
    belowThreshold: 0,
    risk: 'HIGH',
    sections,
    models: [],
  };
}

function findingAt(text: string, startOffset: number, endOffset: number, index: number): ReportFinding {
  const isRejected = index % 5 === 0;
  return {
    id: String(index),
    number: index + 1,
    source: 'MODEL',
    kind: 'RISK',
    category: 'Liability',
    risk: 'HIGH',
    title: 'The clause leaves open who is liable',
    detail: 'Neither the amount nor the cases are limited, and nothing is said about indirect damage. '.repeat(4),
    recommendation: 'Agree on a cap, and on what it does not cover.',
    questions: ['Which damage is insured?'],
    confidence: 0.9,
    status: isRejected ? 'REJECTED' : 'PENDING',
    evidence: [{ quote: text.slice(startOffset, endOffset), startOffset, endOffset, page: null, verified: true }],
    checks: [],
    otherPlaces: [],
    history: isRejected ? [{ at, actor: 'Reviewer', status: 'REJECTED', note: 'Agreed so.', carriedOver: null }] : [],
    createdAt: at,
  };
}
