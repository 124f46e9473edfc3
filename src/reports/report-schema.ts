import { z } from 'zod';
import { riskLevels } from '../review/finding.ts';
import type { ReportContent } from './report-content.ts';

/** Names the form of a JSON report; another number when a program that reads this one would not understand it. */
export const reportSchemaId = 'urn:ai-prism:report:1';

const time = z.iso.datetime({ precision: 3 }).describe('RFC 3339, in UTC.');
const count = z.int().min(0);
const ratio = z.number().min(0).max(1);
const risk = z.enum(riskLevels);
const status = z.enum(['PENDING', 'ACCEPTED', 'REJECTED']);

const evidence = z
  .strictObject({
    quote: z.string(),
    startOffset: count
      .nullable()
      .describe("In UTF-16 code units of the document's extracted text; null where the words were not found."),
    endOffset: count.nullable().describe('Behind the last one.'),
    page: z.int().min(1).nullable(),
    verified: z.boolean().describe('Whether the words stand in the section.'),
  })
  .meta({ id: 'Evidence', description: 'A quotation and where it stands.' });

const carriedOver = z
  .strictObject({
    from: z
      .enum(['EARLIER_ANALYSIS', 'OTHER_PLACE'])
      .describe('From the finding as the analysis before had it, or from the same one elsewhere in the document.'),
    decidedAt: time.nullable().describe('When it was made there; null when that is not known any more.'),
  })
  .meta({ id: 'CarriedOver', description: 'That a decision was made on another finding, which says the same.' });

const decision = z
  .strictObject({
    at: time.describe('When it was made on this finding, or carried over to it.'),
    actor: z.string().describe('Who made it.'),
    status,
    note: z.string().nullable(),
    carriedOver: carriedOver.nullable().describe('Null when it was made on this finding.'),
  })
  .meta({ id: 'Decision', description: 'What somebody decided on a finding.' });

const finding = z
  .strictObject({
    id: z.string(),
    number: z.int().min(1).describe('Through the whole report.'),
    source: z.enum(['MODEL', 'REVIEWER']),
    kind: z.enum(['RISK', 'GAP', 'QUESTION', 'SUGGESTION', 'STRENGTH']),
    category: z.string(),
    risk: risk.describe('The highest of its places. Of a strength it says nothing.'),
    title: z.string(),
    detail: z.string(),
    recommendation: z.string().nullable(),
    questions: z.array(z.string()),
    confidence: ratio,
    status: status.describe('The decision that holds.'),
    evidence: z.array(evidence),
    checks: z
      .array(z.strictObject({ ref: z.string(), title: z.string() }))
      .describe('Of the playbook, that it rests on.'),
    otherPlaces: z
      .array(z.strictObject({ sectionTitle: z.string(), evidence: z.array(evidence) }))
      .describe('Where else the same was found.'),
    history: z.array(decision).describe('Oldest first.'),
    createdAt: time,
  })
  .meta({ id: 'Finding' });

const section = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    level: z.int().min(1).describe('1 for a top-level heading.'),
    pageStart: z.int().min(1).nullable(),
    state: z.enum(['COMPLETED', 'FAILED', 'CANCELLED', 'QUEUED', 'RUNNING', 'NOT_STARTED']),
    reason: z.string().nullable().describe('Why it was not analysed; null when it was.'),
    summary: z.string().nullable(),
    risk: risk.nullable(),
    confidence: ratio.nullable(),
    modelName: z.string().nullable(),
    findings: z.array(finding).describe('In reading order.'),
  })
  .meta({ id: 'Section' });

const model = z
  .strictObject({
    name: z.string(),
    calls: count,
    inputTokens: count,
    outputTokens: count,
    cacheReadTokens: count,
    cacheWriteTokens: count,
    costUsd: z.number().min(0),
  })
  .meta({ id: 'Model', description: 'What was spent on one model for the document; failed calls are counted, too.' });

/** A JSON report. The type checker holds it against what a report says. */
export const reportSchema = z
  .strictObject({
    $schema: z.literal(reportSchemaId),
    generatedAt: time,
    version: z.string().describe('Of AI-Prism.'),
    isSimulated: z.boolean().describe('Whether models were simulated: then nothing in it is about the document.'),
    sessionTitle: z.string(),
    document: z.strictObject({
      id: z.string(),
      filename: z.string(),
      format: z.enum(['DOCX', 'PDF', 'HTML', 'MARKDOWN', 'TEXT']),
      sizeBytes: count,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      pageCount: count.nullable(),
      wordCount: count.nullable(),
      uploadedAt: time,
    }),
    playbook: z.strictObject({ name: z.string(), description: z.string() }),
    threshold: ratio.describe('Findings with less confidence are left out.'),
    belowThreshold: count.describe(
      'How many were left out for it; one of which another place is in the report was not.',
    ),
    risk: risk
      .nullable()
      .describe('The highest among the findings that are not rejected and no strengths; null where there are none.'),
    sections: z.array(section).describe('Every section of the document, in reading order.'),
    models: z.array(model),
    method: z.array(z.string()).describe('How the review was done, a paragraph each.'),
  })
  .meta({ title: 'AI-Prism report', description: "A document's review." });

/** What JSON makes of a type: times are text, and nothing is read-only. */
type InJson<T> = T extends Date
  ? string
  : T extends readonly (infer E)[]
    ? InJson<E>[]
    : T extends object
      ? { -readonly [K in keyof T]: InJson<T[K]> }
      : T;

export type JsonReport = { $schema: typeof reportSchemaId; method: string[] } & InJson<ReportContent>;

/** The published JSON Schema, 2020-12. */
export const reportJsonSchema = () => ({
  ...z.toJSONSchema(reportSchema satisfies z.ZodType<JsonReport>),
  $id: reportSchemaId,
});
