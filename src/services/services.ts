import type { Clock } from '../clock.ts';
import type { Db } from '../db.ts';
import type { EventLog } from '../events/event-log.ts';
import type { ModelCatalog } from '../models/model-catalog.ts';
import type { Logger } from '../observability/logger.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import type { Playbook } from '../review/playbook.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { AdmissionControl } from '../throttle/admission-port.ts';
import { createActivity } from './activity.ts';
import { createAnalyses } from './analyses.ts';
import { createAnalysisAttempts } from './analysis-attempts.ts';
import { createCancellation } from './cancellation.ts';
import { createChatAttempts } from './chat-attempts.ts';
import { createChatCancellation } from './chat-cancellation.ts';
import { createChatContext } from './chat-context.ts';
import { createChatMessages } from './chat-messages.ts';
import { createChats } from './chats.ts';
import { createDecisions } from './decisions.ts';
import { createDeletion } from './deletion.ts';
import { createDocumentParsing } from './document-parsing.ts';
import { createDocuments } from './documents.ts';
import { createEventStreams } from './event-streams.ts';
import { createFeedback } from './feedback.ts';
import { createFleetLoad } from './fleet-load.ts';
import { createHealth, type Probe } from './health.ts';
import { createModels } from './models.ts';
import { createPassages } from './passages.ts';
import { createPlaybooks } from './playbooks.ts';
import { createProgress } from './progress.ts';
import { createReconciler } from './reconciler.ts';
import { createReportContents } from './report-contents.ts';
import { createReportEvents } from './report-events.ts';
import { createReportRendering } from './report-rendering.ts';
import { createReports } from './reports.ts';
import { createReviewContext } from './review-context.ts';
import { createSections } from './sections.ts';
import { createSessions } from './sessions.ts';
import { createStatistics } from './statistics/statistics.ts';
import { createThrottle } from './throttle.ts';
import { createUploads } from './uploads.ts';

export type ServiceDeps = {
  db: Db;
  clock: Clock;
  logger: Logger;
  storage: BlobStore;
  events: EventLog;
  queue: JobQueue;
  catalog: ModelCatalog;
  throttle: AdmissionControl;
  version: string;
  /** Whether what answers is no model of Bedrock. */
  isSimulated: boolean;
  probes: readonly Probe[];
  /** Playbooks that come with the product. */
  builtInPlaybooks: readonly Playbook[];
  config: {
    readonly bedrockRegions: readonly string[];
    readonly maxUploadBytes: number;
    readonly confidenceThreshold: number;
    readonly analysisTasksPerMinute: number;
    readonly workerConcurrency: number;
    readonly maxTokens: number;
  };
};

/** All that the API and the workers can do, wired once per process. */
export type Services = ReturnType<typeof createServices>;

export function createServices(deps: ServiceDeps) {
  const { db, config } = deps;
  const cancellation = createCancellation(deps);
  const chatCancellation = createChatCancellation(deps);
  const reportRendering = createReportRendering(deps);
  const deletion = createDeletion({ ...deps, cancellation, chatCancellation, reportRendering });
  const documents = createDocuments({ ...deps, deletion });
  const analyses = createAnalyses({ ...deps, documents, cancellation });
  const chats = createChats(deps);
  const chatMessages = createChatMessages({ ...deps, chatCancellation });
  const playbooks = createPlaybooks({ ...deps, builtIn: deps.builtInPlaybooks });
  const feedback = createFeedback({ db, confidenceThreshold: config.confidenceThreshold });
  const decisions = createDecisions({ ...deps, feedback });
  const models = createModels({ ...deps, regions: config.bedrockRegions });
  const reports = createReports(deps);
  return {
    sessions: createSessions({ ...deps, deletion }),
    documents,
    uploads: createUploads({ ...deps, documents, playbooks, maxUploadBytes: config.maxUploadBytes }),
    documentParsing: createDocumentParsing(deps),
    sections: createSections(deps),
    reviewContext: createReviewContext(deps),
    analyses,
    analysisAttempts: createAnalysisAttempts(deps),
    chats,
    chatMessages,
    chatAttempts: createChatAttempts(deps),
    chatContext: createChatContext({ ...deps, passages: createPassages(deps) }),
    feedback,
    decisions,
    playbooks,
    reports,
    reportContents: createReportContents({ ...deps, feedback, decisions, playbooks, models }),
    reportRendering,
    reportEvents: createReportEvents({ ...deps, reports }),
    activity: createActivity(deps),
    progress: createProgress({ db, fleet: createFleetLoad({ ...deps, models }) }),
    models,
    statistics: createStatistics(deps),
    throttle: createThrottle({ ...deps, models, regions: config.bedrockRegions }),
    health: createHealth(deps),
    eventStreams: createEventStreams({ ...deps, analyses, chatMessages, documents }),
    reconciler: createReconciler({ ...deps, analyses, chatMessages, reportRendering }),
  };
}
