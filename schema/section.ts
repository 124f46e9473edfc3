import { requireId } from '../src/ids.ts';
import { builder } from './builder.ts';
import { FeedbackFilter } from './feedback.ts';
import { present } from './loaders.ts';
import { Node, registerNode } from './node.ts';
import { AnalysisRef, DocumentRef, FeedbackRef, SectionRef } from './refs.ts';

const Section = SectionRef.implement({
  description: 'A part of a document that is analysed by itself. Every character of a document belongs to exactly one.',
  interfaces: [Node],
  fields: (t) => ({
    document: t.field({
      type: DocumentRef,
      description: 'The document that it is a part of.',
      resolve: async ({ documentId }, _args, { loaders }) => present(await loaders.document.load(documentId)),
    }),
    title: t.exposeString('title', {
      description: 'The heading as written; the first words of the text where a part has no heading.',
    }),
    level: t.exposeInt('level', { description: '1 for a top-level heading.' }),
    ordinal: t.exposeInt('ordinal', { description: '0-based place in reading order.' }),
    text: t.exposeString('text', { description: 'Its words, heading included.' }),
    wordCount: t.exposeInt('wordCount', { description: 'Words of its text.' }),
    startOffset: t.exposeInt('startOffset', {
      description: "Where it begins in the document's extracted text, in UTF-16 code units.",
    }),
    endOffset: t.exposeInt('endOffset', { description: 'Where it ends: the offset behind its last character.' }),
    pageStart: t.exposeInt('pageStart', {
      nullable: true,
      description: 'Page on which it begins, where the format has pages.',
    }),
    pageEnd: t.exposeInt('pageEnd', {
      nullable: true,
      description: 'Page on which it ends, where the format has pages.',
    }),
    latestAnalysis: t.field({
      type: AnalysisRef,
      nullable: true,
      description: 'The analysis that was asked for last; null when there was none.',
      resolve: (section, _args, { loaders }) =>
        section.latestAnalysisId === null ? null : loaders.analysis.load(section.latestAnalysisId),
    }),
    currentAnalysis: t.field({
      type: AnalysisRef,
      nullable: true,
      description:
        'The analysis whose findings it shows: the last one that completed; before any has, the latest one. Null when there was none.',
      resolve: (section, _args, { loaders }) =>
        section.currentAnalysisId === null ? null : loaders.analysis.load(section.currentAnalysisId),
    }),
    analyses: t.field({
      type: [AnalysisRef],
      description: 'All its analyses, oldest first.',
      resolve: (section, _args, { loaders }) => loaders.analysesOfSection.load(section.id),
    }),
    feedback: t.field({
      type: [FeedbackRef],
      description: "Findings of the current analysis, and reviewers' own. A re-run changes them when it is completed.",
      args: { filter: t.arg({ type: FeedbackFilter, description: 'Only those that match all of it.' }) },
      resolve: (section, { filter }, { loaders }) => loaders.feedbackOfSection(filter ?? {}).load(section.id),
    }),
  }),
});

registerNode('Section', ({ loaders }, id) => loaders.section.load(id));

builder.queryField('section', (t) =>
  t.field({
    type: Section,
    nullable: true,
    description: 'One section; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'sec_…' }) },
    resolve: (_root, { id }, { loaders }) => loaders.section.load(requireId('Section', id)),
  }),
);
