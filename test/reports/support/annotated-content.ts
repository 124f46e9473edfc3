import type { ExtractedDocument } from '../../../src/documents/document-types.ts';
import { splitSections } from '../../../src/documents/split-sections.ts';
import type { ReportContent, ReportFinding, ReportSection } from '../../../src/reports/report-content.ts';
import { createEvidenceFinder } from '../../../src/review/evidence.ts';

const at = new Date('2026-03-04T05:06:07.890Z');

/** A finding with all it can have; each test overrides what it is about. */
const findingWith = (overrides: Partial<ReportFinding>): ReportFinding => ({
  id: 'finding',
  number: 1,
  source: 'MODEL',
  kind: 'RISK',
  category: 'Liability',
  risk: 'HIGH',
  title: 'Unlimited liability',
  detail: 'Nothing caps it.',
  recommendation: 'Agree on a cap.',
  questions: ['Is there insurance?'],
  confidence: 0.82,
  status: 'PENDING',
  evidence: [],
  checks: [],
  otherPlaces: [],
  history: [],
  createdAt: at,
  ...overrides,
});

/** What a test says of a finding: its quotations, looked up in the document as a review does, or as ranges. */
export type FindingDraft = Partial<Omit<ReportFinding, 'evidence'>> & {
  readonly quotes?: readonly (string | { readonly start: number; readonly end: number })[];
  /** From 0; else that of the first quotation. */
  readonly section?: number;
};

/** The content of a report about a document that was read: its sections, and each finding in the section of its first quotation. */
export function contentOf(
  document: ExtractedDocument,
  findings: readonly FindingDraft[],
  overrides: Partial<ReportContent> = {},
): ReportContent {
  const drafts = splitSections(document);
  const placed = findings.map(({ quotes = [], section, ...rest }, index) => {
    const evidence = quotes.map((quote) => {
      if (typeof quote === 'string')
        return createEvidenceFinder({ text: document.text, startOffset: 0, pageStart: null, pageBreaks: [] })(quote);
      const { start, end } = quote;
      return { quote: document.text.slice(start, end), startOffset: start, endOffset: end, page: null, verified: true };
    });
    const offset = evidence.find(({ startOffset }) => startOffset !== null)?.startOffset ?? 0;
    const own = section ?? drafts.findLastIndex(({ startOffset }) => startOffset <= offset);
    return { section: own, finding: findingWith({ id: `finding-${index + 1}`, number: index + 1, evidence, ...rest }) };
  });
  const sections = drafts.map(({ title, level, pageStart }, index): ReportSection => ({
    id: `section-${index}`,
    title,
    level,
    pageStart,
    state: 'COMPLETED',
    reason: null,
    summary: null,
    risk: null,
    confidence: null,
    modelName: null,
    findings: placed.filter(({ section }) => section === index).map(({ finding }) => finding),
  }));
  return {
    generatedAt: at,
    version: '0.1.0',
    isSimulated: false,
    sessionTitle: 'Session',
    document: {
      id: 'document',
      filename: 'contract.docx',
      format: 'DOCX',
      sizeBytes: 1,
      sha256: 'x',
      pageCount: null,
      wordCount: null,
      uploadedAt: at,
    },
    playbook: { name: 'General', description: '' },
    threshold: 0,
    belowThreshold: 0,
    risk: 'HIGH',
    sections,
    models: [],
    ...overrides,
  };
}
