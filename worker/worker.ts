import type { Config } from '../src/config.ts';
import { createDocumentParser } from '../src/documents/parser-pool.ts';
import { createBedrockModelClient } from '../src/models/bedrock-client.ts';
import type { Logger } from '../src/observability/logger.ts';
import { findPackageRoot } from '../src/package-root.ts';
import { createReportRenderer } from '../src/reports/report-renderer.ts';
import { loadInstructions } from '../src/review/instructions.ts';
import { createRuntime } from '../src/runtime.ts';
import { createRedisAdmission } from '../src/throttle/redis-admission.ts';
import { defaultRetryPolicy, type RetryPolicy } from '../src/throttle/retry-backoff.ts';
import type { ThrottleLimits } from '../src/throttle/throttle-limits.ts';
import { analyzeSection } from './jobs/analyze-section.ts';
import { answerMessage } from './jobs/answer-message.ts';
import { parseDocument } from './jobs/parse-document.ts';
import { reconcile } from './jobs/reconcile.ts';
import { renderReport } from './jobs/render-report.ts';
import { startRunner } from './runner.ts';

/** How a worker waits and tries again; not for operators, so no part of the configuration. */
export type WorkerPolicy = {
  /** Longer waits put the job back, so that they occupy no worker. */
  readonly maxWaitInPlaceMs: number;
  readonly retry: RetryPolicy;
  /** Of the throttle, beside those that are configured; the same for the whole fleet. */
  readonly limits: Partial<ThrottleLimits>;
};

export const defaultWorkerPolicy: WorkerPolicy = {
  maxWaitInPlaceMs: 10_000,
  retry: defaultRetryPolicy,
  limits: {},
};

// A 619-page PDF takes 174 MB; a document that wants several times that means harm.
const parserLimits = { heapMb: 256, rssLimitMb: 512 };
const rendererLimits = { heapMb: 512, rssLimitMb: 1_024 };

/** A worker process: takes jobs from every queue until it is closed. */
export async function startWorker({
  config,
  logger,
  policy = defaultWorkerPolicy,
}: {
  config: Config;
  logger: Logger;
  policy?: WorkerPolicy;
}) {
  const instructions = loadInstructions(findPackageRoot());
  const baseUrl = (): string => config.publicUrl ?? `http://${config.host}:${config.port}`;
  const runtime = await createRuntime({ config, logger, name: 'worker', commands: 'patient', baseUrl });
  const { services, events, storage, clock, jobCatalog } = runtime;
  const parser = createDocumentParser({
    size: jobCatalog['parse-document'].concurrency,
    timeoutMs: config.parseTimeoutMs,
    ...parserLimits,
  });
  const renderer = createReportRenderer(rendererLimits);
  const client = createBedrockModelClient({
    endpoint: config.bedrockEndpoint,
    credentials: null,
    clock,
    firstTokenTimeoutMs: config.firstTokenTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
    maxSockets: config.concurrentRequests + config.workerConcurrency,
  });
  const limits = { ...runtime.limits, ...policy.limits };
  const fallback = {
    chain: runtime.catalog.chain,
    regions: config.bedrockRegions,
    admission: createRedisAdmission({ redis: runtime.redis, prefix: config.redisPrefix, limits }),
    client,
    clock,
    random: Math.random,
    policy: { leaseTtlMs: limits.leaseTtlMs, maxWaitInPlaceMs: policy.maxWaitInPlaceMs, retry: policy.retry },
  };
  const modelJob = {
    services,
    events,
    fallback,
    instructions,
    requestLimits: {
      chain: runtime.catalog.chain,
      mostTokens: config.sectionTokens,
      tokensPerMinute: limits.tokensPerMinute,
    },
    logger,
    maxTokens: config.maxTokens,
    temperature: config.temperature,
  };
  const analyze = { ...modelJob, timeoutMs: config.analysisTimeoutMs };
  const chat = { ...modelJob, timeoutMs: config.chatTimeoutMs };
  const runner = startRunner({
    redis: runtime.redis,
    prefix: config.redisPrefix,
    catalog: jobCatalog,
    clock,
    logger,
    stalledIntervalMs: config.stalledIntervalMs,
    shutdownGraceMs: config.shutdownGraceMs,
    handlers: {
      'analyze-section': (payload, context) => analyzeSection(analyze, payload, context),
      'answer-message': (payload, context) => answerMessage(chat, payload, context),
      'parse-document': (payload, context) => parseDocument({ services, events, storage, parser }, payload, context),
      'render-report': (payload, context) =>
        renderReport({ services, events, storage, renderer, logger }, payload, context),
      reconcile: () => reconcile({ services, logger }),
    },
  });
  const scheduling = scheduleReconciling(runtime, config, logger);

  return {
    runtime,
    async close(): Promise<void> {
      scheduling.stop();
      await runner.close();
      await parser.close();
      renderer.close();
      client.close();
      await runtime.close();
    },
  };
}

/**
 * Keeps the reconciler going: on a schedule in Redis for the whole fleet, and at once when Redis comes back, because it may have lost the
 * schedule with everything else.
 */
function scheduleReconciling(
  { redis, queue }: Awaited<ReturnType<typeof createRuntime>>,
  config: Config,
  logger: Logger,
): { stop(): void } {
  async function schedule(): Promise<void> {
    await queue.repeat('reconcile', 'reconcile', {}, config.reconcileIntervalMs);
    await queue.add('reconcile', 'reconcile-now', {});
  }
  const onReady = (): void => {
    schedule().catch((error: unknown) => logger.warn({ err: error }, 'the reconciler could not be scheduled'));
  };
  redis.on('ready', onReady);
  if (redis.status === 'ready') onReady();
  return { stop: () => redis.off('ready', onReady) };
}
