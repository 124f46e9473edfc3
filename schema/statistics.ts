import type { Calibration as CalibrationData } from '../src/services/statistics/calibration.ts';
import type { ModelUsage as ModelUsageData } from '../src/services/statistics/call-figures.ts';
import type { FindingFigures } from '../src/services/statistics/finding-figures.ts';
import type { Percentiles as PercentilesData } from '../src/services/statistics/percentiles.ts';
import {
  lazyStatistics,
  type Figures,
  type LoadFigures,
  type Statistics as StatisticsData,
} from '../src/services/statistics/statistics.ts';
import { builder } from './builder.ts';
import { FeedbackStatus, RiskLevel } from './enums.ts';
import type { Loaders } from './loaders.ts';
import { Model } from './model.ts';
import { Usage } from './usage.ts';

const RiskCount = builder.objectRef<FindingFigures['feedbackByRisk'][number]>('RiskCount').implement({
  description: 'How many findings have one risk.',
  fields: (t) => ({
    risk: t.expose('risk', { type: RiskLevel, description: 'The risk.' }),
    count: t.exposeInt('count', { description: 'Findings that have it.' }),
  }),
});

const StatusCount = builder.objectRef<FindingFigures['feedbackByStatus'][number]>('StatusCount').implement({
  description: 'How many findings were decided one way, or not yet.',
  fields: (t) => ({
    status: t.expose('status', { type: FeedbackStatus, description: 'The decision as it is now.' }),
    count: t.exposeInt('count', { description: 'Findings that have it.' }),
  }),
});

const ModelUsage = builder.objectRef<ModelUsageData>('ModelUsage').implement({
  description: 'How much one model was called.',
  fields: (t) => ({
    model: t.field({
      type: Model,
      description: 'The model.',
      resolve: ({ modelKey }, _args, { services }) => services.models.byKey(modelKey),
    }),
    requests: t.exposeInt('requests', {
      description: 'Calls that were made, however they ended; where it was passed over is not counted.',
    }),
    share: t.exposeFloat('share', { description: 'Its part of the requests to all models, 0 to 1.' }),
    usage: t.expose('usage', { type: Usage, description: 'What those calls used and cost.' }),
  }),
});

const Percentiles = builder.objectRef<PercentilesData>('Percentiles').implement({
  description: 'How a measure is spread; linear between two values, null when nothing was measured.',
  fields: (t) => ({
    p50: t.exposeFloat('p50', { nullable: true, description: 'The median.' }),
    p95: t.exposeFloat('p95', { nullable: true, description: 'Not exceeded by 95 in 100.' }),
    p99: t.exposeFloat('p99', { nullable: true, description: 'Not exceeded by 99 in 100.' }),
  }),
});

const Calibration = builder.objectRef<CalibrationData>('Calibration').implement({
  description:
    "How often reviewers accept one model's findings of one category and risk. It is shown for people to judge by; no confidence is changed by it.",
  fields: (t) => ({
    model: t.field({
      type: Model,
      description: 'The model whose analyses made the findings.',
      resolve: ({ modelKey }, _args, { services }) => services.models.byKey(modelKey),
    }),
    category: t.exposeString('category', { description: 'As the model named it.' }),
    risk: t.expose('risk', { type: RiskLevel, description: 'As the model rated it.' }),
    decided: t.exposeInt('decided', {
      description: 'Findings that were accepted or rejected (n); those of a document that say the same are one.',
    }),
    accepted: t.exposeInt('accepted', { description: 'Of those, the accepted ones.' }),
    acceptanceRate: t.exposeFloat('acceptanceRate', { description: 'Accepted over decided, 0 to 1.' }),
    low: t.exposeFloat('low', {
      description:
        'Lower bound of the rate with 95 % confidence, by the Wilson score interval: far off when n is small.',
    }),
    high: t.exposeFloat('high', { description: 'Upper bound of the rate with 95 % confidence.' }),
  }),
});

export const Statistics = builder.objectRef<StatisticsData>('Statistics').implement({
  description:
    'Figures over all that a tenant or a session has now: what was deleted no longer counts. With a window, each thing counts by its own time, which its description names. Only what is asked for is worked out; fields of one answer may be moments apart.',
  fields: (t) => ({
    documents: t.int({
      description: 'Documents, by when they were uploaded.',
      resolve: async (statistics) => (await statistics.contents()).documents,
    }),
    sections: t.int({
      description: 'Sections, by when their document was uploaded.',
      resolve: async (statistics) => (await statistics.contents()).sections,
    }),
    analyses: t.int({
      description: 'Analyses in whatever state, superseded ones among them, by when they were requested.',
      resolve: async (statistics) => (await statistics.analyses()).analyses,
    }),
    completedAnalyses: t.int({
      description: 'Of those analyses, the ones that are completed now.',
      resolve: async (statistics) => (await statistics.analyses()).completedAnalyses,
    }),
    failedAnalyses: t.int({
      description: 'Of those analyses, the ones that have failed.',
      resolve: async (statistics) => (await statistics.analyses()).failedAnalyses,
    }),
    chatMessages: t.int({
      description: "Users' and assistants' messages, by when they were made.",
      resolve: async (statistics) => (await statistics.contents()).chatMessages,
    }),
    feedback: t.int({
      description:
        'Findings of models and reviewers, by when they were made. Those of superseded analyses are left out; those of a document that say the same count once, as the first of them.',
      resolve: async (statistics) => (await statistics.findings()).feedback,
    }),
    feedbackByRisk: t.field({
      type: [RiskCount],
      description: 'Those findings by risk: all four, the least first.',
      resolve: async (statistics) => [...(await statistics.findings()).feedbackByRisk],
    }),
    feedbackByStatus: t.field({
      type: [StatusCount],
      description: 'Those findings by decision as it is now: all three.',
      resolve: async (statistics) => [...(await statistics.findings()).feedbackByStatus],
    }),
    acceptanceRate: t.float({
      nullable: true,
      description: 'Of those findings, accepted over decided, 0 to 1; null when none is decided.',
      resolve: async (statistics) => (await statistics.findings()).acceptanceRate,
    }),
    averageConfidence: t.float({
      nullable: true,
      description: "Of those findings, 0 to 1, reviewers' own (1) among them; null when there is none.",
      resolve: async (statistics) => (await statistics.findings()).averageConfidence,
    }),
    modelUsage: t.field({
      type: [ModelUsage],
      description: 'Calls of models for analyses and chats, by when they began; most requests first.',
      resolve: async (statistics) => [...(await statistics.calls()).modelUsage],
    }),
    fallbacks: t.int({
      description:
        "Analyses and assistant's messages that another model answered than the first one that failed or was passed over for them; each once, by when the first such answer began.",
      resolve: async (statistics) => (await statistics.calls()).fallbacks,
    }),
    throttles: t.int({
      description: 'Calls that the provider refused for its rate or quota, by when they began.',
      resolve: async (statistics) => (await statistics.calls()).throttles,
    }),
    usage: t.field({
      type: Usage,
      description: 'Of all calls for analyses and chats, failed and superseded ones among them, by when they began.',
      resolve: async (statistics) => (await statistics.calls()).usage,
    }),
    analysisLatencyMs: t.field({
      type: Percentiles,
      description:
        'Of the completed analyses: from when a worker took it up first to its result, waits for the throttle included, in ms.',
      resolve: async (statistics) => (await statistics.analyses()).analysisLatencyMs,
    }),
    timeToFirstTokenMs: t.field({
      type: Percentiles,
      description:
        'From the call of a model to its first token, of all calls that came so far, in ms; by when they began.',
      resolve: (statistics) => statistics.firstTokens(),
    }),
    contextTokensSaved: t.field({
      type: 'SafeInt',
      description: 'Tokens that a compact notation of context has saved in the requests of those analyses.',
      resolve: async (statistics) => (await statistics.analyses()).contextTokensSaved,
    }),
    calibration: t.field({
      type: [Calibration],
      description:
        "Acceptance of models' findings by model, category and risk, most decisions first; findings by when they were made, without those of superseded analyses.",
      resolve: async (statistics) => [...(await statistics.calibration())],
    }),
  }),
});

/** Of one session; statements are shared with the other sessions of the query. */
export const statisticsOfSession = ({ figuresOfSession }: Loaders, id: string): StatisticsData =>
  lazyStatistics(((name) => figuresOfSession(name).load(id)) as LoadFigures);

const known = (figures: Figures): StatisticsData => lazyStatistics((name) => Promise.resolve(figures[name]));

builder.queryField('statistics', (t) =>
  t.field({
    type: Statistics,
    description: "Of everything the caller's tenant has, in the given window: from since on, before until.",
    args: {
      since: t.arg({ type: 'DateTime', description: 'Only what is not earlier; from the beginning when left out.' }),
      until: t.arg({ type: 'DateTime', description: 'Only what is earlier; up to now when left out.' }),
    },
    resolve: (_root, window, { services, caller }) => services.statistics.of(caller, window),
  }),
);

builder.subscriptionField('statisticsUpdates', (t) =>
  t.field({
    type: Statistics,
    description:
      "Of everything the caller's tenant has: the first value at once, then whenever a figure has changed, at most once per interval.",
    args: { intervalMs: t.arg.int({ description: '250 to 60,000; 2,000 when left out.' }) },
    subscribe: (_root, { intervalMs }, { services, caller }) => services.statistics.watch(caller, intervalMs),
    resolve: known,
  }),
);
