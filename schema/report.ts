import type { Report as ReportRow } from '../src/db.ts';
import type { Problem as ProblemData } from '../src/errors.ts';
import { requireId } from '../src/ids.ts';
import type { CursoredEvent } from '../src/services/event-feed.ts';
import { builder } from './builder.ts';
import { ReportFormat, ReportStatus } from './enums.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { present } from './loaders.ts';
import { Node, registerNode } from './node.ts';
import { Problem } from './problem.ts';
import { DocumentRef, ReportRef } from './refs.ts';

const Report = ReportRef.implement({
  description:
    "A document's review as a file, as it was when the file was made: findings with their evidence and decisions, what was not analysed and why, models and cost. Findings below the confidence threshold are left out and counted.",
  interfaces: [Node],
  fields: (t) => ({
    document: t.field({
      type: DocumentRef,
      description: 'The document that was reviewed.',
      resolve: async ({ documentId }, _args, { loaders }) => present(await loaders.document.load(documentId)),
    }),
    format: t.expose('format', { type: ReportFormat, description: 'What it is rendered as.' }),
    status: t.expose('status', { type: ReportStatus, description: 'How far it has come.' }),
    sizeBytes: t.exposeInt('sizeBytes', { nullable: true, description: 'Size of the file; null until READY.' }),
    downloadUrl: t.string({
      nullable: true,
      description: 'The file; presigned, valid for five minutes; null until READY.',
      resolve: (report, _args, { services }) => services.reports.downloadUrl(report),
    }),
    error: t.field({
      type: Problem,
      nullable: true,
      description: 'Why it could not be rendered, when status is FAILED.',
      resolve: ({ error }) => error as ProblemData | null,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was asked for.' }),
  }),
});

registerNode('Report', ({ loaders }, id) => loaders.report.load(id));

builder.queryField('report', (t) =>
  t.field({
    type: Report,
    nullable: true,
    description: 'One report; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'rep_…' }) },
    resolve: (_root, { id }, { loaders }) => loaders.report.load(requireId('Report', id)),
  }),
);

const GenerateReportInput = builder.inputType('GenerateReportInput', {
  description: 'The report to make.',
  fields: (t) => ({
    documentId: t.id({ required: true, description: 'doc_…' }),
    format: t.field({ type: ReportFormat, required: true, description: 'What to render it as.' }),
    idempotencyKey: idempotencyKey(t),
  }),
});

const GenerateReportPayload = builder.objectRef<{ report: ReportRow }>('GenerateReportPayload').implement({
  description: 'Answer to generateReport.',
  fields: (t) => ({
    report: t.expose('report', { type: Report, description: 'The report, which is queued now.' }),
  }),
});

builder.mutationField('generateReport', (t) =>
  t.field({
    type: GenerateReportPayload,
    description:
      'Queues a report of a document; follow it with reportEvents. Any time after parsing will do: what was not analysed by then is named in it. ANNOTATED takes DOCX and PDF documents.',
    args: { input: t.arg({ type: GenerateReportInput, required: true, description: 'What to make.' }) },
    resolve: async (_root, { input }, { services, caller }) => ({
      report: await services.reports.generate(caller, input),
    }),
  }),
);

builder.subscriptionField('reportEvents', (t) =>
  t.field({
    type: Report,
    description: 'The report as it is now, then whenever it changes; completes by itself behind READY or FAILED.',
    args: { reportId: t.arg.id({ required: true, description: 'rep_…' }) },
    subscribe: (_root, { reportId }, { services, caller }) => services.reportEvents.follow(caller, reportId),
    // A report's log holds nothing but what it was at each change.
    resolve: ({ data }: CursoredEvent) => (data as { report: ReportRow }).report,
  }),
);
