import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from './clock.ts';
import { ConfigError, type Config } from './config.ts';
import { createDb } from './db.ts';
import { createEventLog } from './events/event-log.ts';
import { createHub } from './events/hub.ts';
import { createBedrockHealth } from './models/bedrock-health.ts';
import { createModelCatalog, ModelCatalogError, type ModelCatalog } from './models/model-catalog.ts';
import type { Logger } from './observability/logger.ts';
import { findPackageRoot } from './package-root.ts';
import { createJobCatalog } from './queue/catalog.ts';
import { createJobQueue } from './queue/job-queue.ts';
import { loadPlaybooks } from './review/playbook.ts';
import { createRedis, type RedisRole } from './redis.ts';
import { createProbes } from './services/probes.ts';
import { createServices } from './services/services.ts';
import { createStore } from './storage/create-store.ts';
import { createRedisAdmission } from './throttle/redis-admission.ts';
import { defaultThrottleLimits } from './throttle/throttle-limits.ts';

const bedrockProbeTimeoutMs = 1_200;

/**
 * Everything that API and worker have in common, connected. `commands` is the role of the connection that is used for commands: an API's
 * requests fail within seconds while Redis is away, a worker's jobs wait for it.
 */
export async function createRuntime(options: {
  config: Config;
  logger: Logger;
  name: string;
  commands: RedisRole;
  /** Where clients reach the API, without a path; asked when a link is signed. */
  baseUrl: () => string;
}) {
  const { config, logger, name } = options;
  const clock = systemClock;
  const { databaseUrl, redisUrl } = requireAddresses(config);
  const catalog = buildCatalog(config);
  const db = createDb({ url: databaseUrl, poolSize: config.databasePoolSize });
  const connect = (role: RedisRole) =>
    createRedis({
      url: redisUrl,
      role,
      name: `${name}:${role}`,
      onError: (error) => logger.warn({ err: error.message }, 'Redis does not answer'),
    });
  const redis = connect(options.commands);
  const hub = createHub(connect('subscriber'));
  const prefix = config.redisPrefix;
  const events = createEventLog({
    redis,
    hub,
    prefix,
    clock,
    retentionMs: config.eventsRetentionMs,
    coalesceMs: config.eventsCoalesceMs,
  });
  const jobCatalog = createJobCatalog(config);
  const queue = createJobQueue({ redis, prefix, catalog: jobCatalog });
  const { storage, signedFiles } = await createStore(config, clock, options.baseUrl);
  const limits = {
    ...defaultThrottleLimits,
    requestsPerMinute: config.requestsPerMinute,
    concurrentRequests: config.concurrentRequests,
    tokensPerMinute: config.tokensPerMinute,
  };
  const admission = createRedisAdmission({ redis, prefix, limits });
  const bedrockHealth = createBedrockHealth({
    endpoint: config.bedrockEndpoint,
    credentials: null,
    clock,
    regions: config.bedrockRegions,
    chain: catalog.chain,
    timeoutMs: bedrockProbeTimeoutMs,
  });
  const isSimulated = config.bedrockEndpoint !== null;
  const probes = createProbes({
    db,
    redis,
    storage,
    bedrockHealth,
    queue,
    isSimulated,
  });
  const services = createServices({
    db,
    clock,
    logger,
    storage,
    events,
    queue,
    catalog,
    throttle: admission,
    version: packageVersion(),
    isSimulated,
    probes,
    builtInPlaybooks: loadPlaybooks(findPackageRoot()),
    config,
  });
  for (const warning of catalog.warnings(new Date(clock.now()))) logger.info(warning);

  return {
    clock,
    db,
    redis,
    hub,
    events,
    queue,
    jobCatalog,
    storage,
    signedFiles,
    catalog,
    admission,
    limits,
    services,
    async close(): Promise<void> {
      await queue.close().catch(() => undefined);
      await hub.close();
      redis.disconnect();
      bedrockHealth.close();
      await db.$disconnect();
    },
  };
}

function requireAddresses(config: Config): { databaseUrl: string; redisUrl: string } {
  const { databaseUrl, redisUrl } = config;
  const hint = 'is not set. Set it, or use "npm start", which brings up its own';
  if (databaseUrl && redisUrl) return { databaseUrl, redisUrl };
  throw new ConfigError([
    ...(databaseUrl ? [] : [`DATABASE_URL: ${hint} Postgres`]),
    ...(redisUrl ? [] : [`REDIS_URL: ${hint} Redis`]),
  ]);
}

function buildCatalog(config: Config): ModelCatalog {
  try {
    return createModelCatalog({
      chain: config.modelChain,
      primaryBedrockId: config.bedrockModelId,
      maxTokens: config.maxTokens,
      regions: config.bedrockRegions,
    });
  } catch (error) {
    throw error instanceof ModelCatalogError ? new ConfigError([error.message]) : error;
  }
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(findPackageRoot(), 'package.json'), 'utf8')) as { version: string };
  return version;
}
