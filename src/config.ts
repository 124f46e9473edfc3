import { z } from 'zod';

/**
 * Every setting, in one table: name of the environment variable, how it is read, its default and its meaning. README's table is checked
 * against it. `loadConfig` is the only reader of the environment.
 */
type Setting<T> = {
  readonly env: string;
  /** Older or other names that are read when `env` is not set. */
  readonly aliases?: readonly string[];
  readonly schema: z.ZodType<T, string>;
  readonly fallback: T;
  readonly unit: string;
  readonly meaning: string;
};

type SettingText = { unit?: string; meaning: string; aliases?: readonly string[] };

const setting = <T>(env: string, schema: z.ZodType<T, string>, fallback: T, text: SettingText): Setting<T> => ({
  env,
  schema,
  fallback,
  unit: text.unit ?? '',
  meaning: text.meaning,
  ...(text.aliases ? { aliases: text.aliases } : {}),
});

const numeric = (min: number, max: number, kind: 'whole' | 'any') =>
  z.string().transform((text, context) => {
    const value = Number(text);
    const isValid = text.trim() !== '' && value >= min && value <= max && (kind === 'any' || Number.isInteger(value));
    if (!isValid) {
      context.addIssue(`must be a ${kind === 'whole' ? 'whole ' : ''}number from ${min} to ${max}`);
      return z.NEVER;
    }
    return value;
  });
const whole = (min: number, max = Number.MAX_SAFE_INTEGER) => numeric(min, max, 'whole');
const number = (min: number, max: number) => numeric(min, max, 'any');
const text = z.string().min(1, 'must not be empty');
const optionalText: z.ZodType<string | null, string> = text;
const optionalUrl: z.ZodType<string | null, string> = z.url('must be a URL');
const boolean = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true');
const oneOf = <const T extends string>(...values: readonly T[]) =>
  z.enum(values as readonly [T, ...T[]], `must be one of ${values.join(', ')}`);
const list = text.transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);
const origins = list.pipe(z.array(z.url('must be URLs, separated by commas').transform((url) => new URL(url).origin)));
const ms = { unit: 'ms' };

export const settings = {
  port: setting('PORT', whole(0, 65_535), 5000, { meaning: 'TCP port of the API; 0 takes a free one.' }),
  host: setting('HOST', text, '127.0.0.1', { meaning: 'Address that the API listens on.' }),
  publicUrl: setting('PUBLIC_URL', optionalUrl, null, {
    meaning: 'URL under which clients reach the API, for signed links; by default http://HOST:PORT.',
  }),
  allowedOrigins: setting('ALLOWED_ORIGINS', origins, [], {
    meaning:
      "Of web pages that may open a WebSocket, separated by commas, beside the API's own and that of PUBLIC_URL.",
  }),
  dataDir: setting('PRISM_DATA_DIR', text, '.prism', {
    meaning: 'Folder of the embedded Postgres, Redis and file storage.',
  }),
  databaseUrl: setting('DATABASE_URL', optionalUrl, null, {
    meaning: 'Postgres; `npm start` brings up its own when left out.',
  }),
  databasePoolSize: setting('DATABASE_POOL_SIZE', whole(1, 1000), 10, {
    unit: 'connections',
    meaning: 'Postgres connections per process.',
  }),
  redisUrl: setting('REDIS_URL', optionalUrl, null, { meaning: 'Redis; `npm start` brings up its own when left out.' }),
  redisPrefix: setting('REDIS_PREFIX', text, 'prism', {
    meaning: 'Start of every Redis key, so that several installations can share a server.',
  }),
  bucketName: setting('S3_BUCKET_NAME', optionalText, null, {
    meaning: 'Keeps documents in this S3 bucket; a folder under PRISM_DATA_DIR when left out.',
  }),
  bucketPrefix: setting('S3_PREFIX', z.string(), '', { meaning: 'Put before every object key.' }),
  s3Endpoint: setting('S3_ENDPOINT', optionalUrl, null, { meaning: 'Another S3-compatible service.' }),
  storageEncryption: setting('S3_ENCRYPTION', oneOf('AES256', 'aws:kms'), 'AES256', {
    meaning: 'Server-side encryption of objects.',
  }),
  awsRegion: setting('AWS_REGION', text, 'us-east-2', {
    meaning: 'Region of S3, and of Bedrock unless set otherwise.',
  }),
  bedrockRegions: setting('BEDROCK_REGIONS', list, ['us-east-2', 'us-west-2'], {
    meaning: 'Bedrock regions in order of preference, separated by commas.',
  }),
  bedrockRegion: setting('BEDROCK_REGION', optionalText, null, { meaning: 'Put first among BEDROCK_REGIONS.' }),
  bedrockEndpoint: setting('BEDROCK_ENDPOINT', optionalUrl, null, {
    meaning: 'Another address that speaks the Bedrock runtime protocol, such as the simulator.',
  }),
  bedrockModelId: setting('BEDROCK_MODEL_ID', optionalText, null, {
    meaning: 'Bedrock model or inference-profile id that replaces the primary model.',
  }),
  modelChain: setting('MODEL_CHAIN', list, [], {
    meaning: 'Model keys in the order in which they are tried; the default chain when left out.',
  }),
  maxTokens: setting('BEDROCK_MAX_TOKENS', whole(1_025, 64_000), 8_192, {
    unit: 'tokens',
    meaning: 'Upper limit of one answer, thinking included.',
  }),
  sectionTokens: setting('MAX_SECTION_TOKENS', whole(500, 150_000), 20_000, {
    unit: 'tokens',
    meaning: "Of a section's text in one request; a longer section is analysed in parts.",
  }),
  temperature: setting('BEDROCK_TEMPERATURE', number(0, 1), 0.2, {
    meaning: 'Used where a model accepts it; never together with thinking.',
  }),
  requestsPerMinute: setting('MAX_REQUESTS_PER_MINUTE', whole(1), 30, {
    unit: 'invocations',
    meaning: 'Of Bedrock in any 60 s, for the whole fleet.',
  }),
  concurrentRequests: setting('MAX_CONCURRENT_REQUESTS', whole(1), 5, {
    unit: 'invocations',
    meaning: 'Of Bedrock at once, for the whole fleet.',
  }),
  tokensPerMinute: setting('MAX_TOKENS_PER_MINUTE', whole(1), 120_000, {
    unit: 'tokens',
    meaning: 'Reserved or settled in any 60 s, for the whole fleet.',
  }),
  firstTokenTimeoutMs: setting('MODEL_FIRST_TOKEN_TIMEOUT_MS', whole(100), 60_000, {
    ...ms,
    meaning: "Until a model's first event; then the next model is tried.",
  }),
  idleTimeoutMs: setting('MODEL_IDLE_TIMEOUT_MS', whole(100), 60_000, {
    ...ms,
    meaning: "Between two events of a model's stream.",
  }),
  workerConcurrency: setting('WORKER_CONCURRENCY', whole(1, 1000), 4, {
    aliases: ['CELERY_CONCURRENCY'],
    unit: 'jobs',
    meaning: 'Of one kind at a time per worker process.',
  }),
  analysisTasksPerMinute: setting('ANALYSIS_TASKS_PER_MINUTE', whole(1), 10, {
    unit: 'jobs',
    meaning: 'Analyses started per minute by the whole fleet.',
  }),
  analysisTimeoutMs: setting('ANALYSIS_TIMEOUT_MS', whole(1000), 300_000, {
    ...ms,
    meaning: 'Of one analysis, or of one part of a long section, waiting for the throttle not counted.',
  }),
  chatTasksPerMinute: setting('CHAT_TASKS_PER_MINUTE', whole(1), 15, {
    unit: 'jobs',
    meaning: 'Answers in chats started per minute by the whole fleet.',
  }),
  chatTimeoutMs: setting('CHAT_TIMEOUT_MS', whole(1000), 120_000, {
    ...ms,
    meaning: 'Of one answer in a chat, waiting for the throttle not counted.',
  }),
  parseTimeoutMs: setting('PARSE_TIMEOUT_MS', whole(100), 60_000, { ...ms, meaning: 'For reading one document.' }),
  shutdownGraceMs: setting('SHUTDOWN_GRACE_MS', whole(0), 10_000, {
    ...ms,
    meaning: 'After SIGTERM, until work in hand is given back.',
  }),
  stalledIntervalMs: setting('STALLED_INTERVAL_MS', whole(500), 1_000, {
    ...ms,
    meaning: 'How often jobs of dead workers are looked for; a job is lost to its worker after twice as long.',
  }),
  reconcileIntervalMs: setting('RECONCILE_INTERVAL_MS', whole(500), 60_000, {
    ...ms,
    meaning: 'How often rows without a job, logs without an end and bytes without a row are looked for.',
  }),
  maxUploadBytes: setting('MAX_UPLOAD_BYTES', whole(1), 50 * 1024 * 1024, {
    unit: 'bytes',
    meaning: 'Largest document that is taken.',
  }),
  confidenceThreshold: setting('CONFIDENCE_THRESHOLD', number(0, 1), 0.8, {
    meaning: 'From which a finding counts in risk and reports.',
  }),
  eventsRetentionMs: setting('EVENTS_RETENTION_MS', whole(1000), 3_600_000, {
    ...ms,
    meaning: 'How long an event log can be replayed after its end.',
  }),
  eventsCoalesceMs: setting('EVENTS_COALESCE_MS', whole(0, 1000), 50, {
    ...ms,
    meaning: 'Longest time for which deltas are merged while an append is in flight.',
  }),
  slowConsumerMs: setting('SLOW_CONSUMER_MS', whole(100), 30_000, {
    ...ms,
    meaning: 'How long a subscriber may stay behind before its subscription ends with SLOW_CONSUMER.',
  }),
  subscriptionsPerSocket: setting('MAX_SUBSCRIPTIONS_PER_SOCKET', whole(1), 1_000, {
    unit: 'subscriptions',
    meaning: 'On one WebSocket.',
  }),
  subscriptionsPerTenant: setting('MAX_SUBSCRIPTIONS_PER_TENANT', whole(1), 20_000, {
    unit: 'subscriptions',
    meaning: 'Of one tenant on one API process.',
  }),
  isPlaygroundEnabled: setting('PLAYGROUND', boolean, true, { meaning: 'Serves GraphiQL at /graphql, and /watch.' }),
  simulatorTokensPerSecond: setting('SIMULATOR_TOKENS_PER_SECOND', whole(1, 1_000_000), 200, {
    unit: 'tokens/s',
    meaning: 'How fast the Bedrock simulator of `npm start` answers.',
  }),
  logLevel: setting('LOG_LEVEL', oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'), 'info', {
    meaning: 'Least severe line that is written.',
  }),
  logFormat: setting('LOG_FORMAT', oneOf('auto', 'pretty', 'json'), 'auto', {
    meaning: 'auto: readable in a terminal, JSON otherwise.',
  }),
} as const;

type SettingValue<S> = S extends Setting<infer T> ? T : never;
export type Config = { readonly [K in keyof typeof settings]: SettingValue<(typeof settings)[K]> };

/** All mistakes of a configuration at once, a line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.mistakes = mistakes;
  }
}

/** Reads and validates the whole configuration. An empty variable counts as not set. Throws ConfigError with a line per mistake. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const mistakes: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries<Setting<unknown>>(settings)) {
    const variable = [entry.env, ...(entry.aliases ?? [])].find((candidate) => env[candidate]);
    if (variable === undefined) {
      values[name] = entry.fallback;
      continue;
    }
    const parsed = entry.schema.safeParse(env[variable]);
    if (parsed.success) values[name] = parsed.data;
    else mistakes.push(`${variable}: ${parsed.error.issues[0]?.message ?? 'is not valid'}`);
  }
  const config = values as Config;
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return Object.freeze({ ...config, bedrockRegions: regionsInOrder(config) });
}

function regionsInOrder(config: Config): string[] {
  const first = config.bedrockRegion === null ? [] : [config.bedrockRegion];
  return [...new Set([...first, ...config.bedrockRegions])];
}
