import type { FoundationModelSummary } from '@aws-sdk/client-bedrock';
import { groupBy } from 'es-toolkit/array/groupBy';
import { once } from 'es-toolkit/function/once';
import type { Clock } from '../clock.ts';
import { connectionConfig, type BedrockConnection } from './bedrock-connection.ts';
import { errorFacts } from './error-facts.ts';
import { splitModelId } from './model-id.ts';
import type { ModelSpec } from './model-types.ts';
import { untilAborted } from './until-aborted.ts';

type BedrockHealth = {
  /** UP: every region answers. DEGRADED: some do. DOWN: none does, or the credentials are refused. */
  readonly status: 'UP' | 'DEGRADED' | 'DOWN';
  readonly latencyMs: number;
  /** For a person: which regions do not answer, and why. Null when all do. */
  readonly detail: string | null;
  /** A sentence per model of the chain that Bedrock calls legacy or does not list. */
  readonly notices: readonly string[];
};

export type BedrockHealthProbe = {
  /** Never rejects, and takes no longer than the timeout; the first time, as long as its client takes to load besides. */
  check(): Promise<BedrockHealth>;
  close(): void;
};

export type BedrockHealthOptions = BedrockConnection & {
  readonly clock: Clock;
  readonly regions: readonly string[];
  readonly chain: readonly ModelSpec[];
  readonly timeoutMs: number;
};

type RegionAnswer =
  | { readonly answer: 'listed'; readonly region: string; readonly models: readonly FoundationModelSummary[] }
  /** It is there, but this account may not list models, which says nothing about calling them. */
  | { readonly answer: 'notAllowed'; readonly region: string }
  | { readonly answer: 'failed'; readonly region: string; readonly reason: string };

/** Asks Bedrock's control plane for its models: free of charge, no quota of a model is touched. */
export function createBedrockHealth(options: BedrockHealthOptions): BedrockHealthProbe {
  const regions = once(() => connect(options));
  let close = (): void => undefined;
  return {
    async check() {
      const connected = await regions();
      close = () => connected.forEach((one) => one.close());
      const startedMs = options.clock.monotonic();
      const answers = await Promise.all(connected.map((one) => askRegion(one, options)));
      return { ...summarize(answers, options.chain), latencyMs: Math.round(options.clock.monotonic() - startedMs) };
    },
    close: () => close(),
  };
}

type Region = {
  readonly region: string;
  listModels(signal: AbortSignal): Promise<readonly FoundationModelSummary[]>;
  close(): void;
};

/** The client takes 4 MB, and most processes are never asked. */
async function connect(options: BedrockHealthOptions): Promise<Region[]> {
  const [{ BedrockClient, ListFoundationModelsCommand }, { NodeHttpHandler }] = await Promise.all([
    import('@aws-sdk/client-bedrock'),
    import('@smithy/node-http-handler'),
  ]);
  return options.regions.map((region) => {
    const client = new BedrockClient({
      ...connectionConfig(region, options),
      requestHandler: new NodeHttpHandler({ connectionTimeout: options.timeoutMs }),
    });
    return {
      region,
      async listModels(abortSignal) {
        const command = new ListFoundationModelsCommand({ byProvider: 'Anthropic' });
        const { modelSummaries = [] } = await client.send(command, { abortSignal });
        return modelSummaries;
      },
      close: () => client.destroy(),
    };
  });
}

async function askRegion({ region, ...client }: Region, options: BedrockHealthOptions): Promise<RegionAnswer> {
  const timeout = new AbortController();
  const answered = new AbortController();
  options.clock.sleep(options.timeoutMs, answered.signal).then(
    () => timeout.abort(new Error(`no answer within ${options.timeoutMs} ms`)),
    () => undefined,
  );
  try {
    return { answer: 'listed', region, models: await untilAborted(client.listModels(timeout.signal), timeout.signal) };
  } catch (error) {
    const facts = errorFacts(error);
    if (facts.name === 'accessdeniedexception') return { answer: 'notAllowed', region };
    return { answer: 'failed', region, reason: facts.text };
  } finally {
    answered.abort();
  }
}

function summarize(answers: readonly RegionAnswer[], chain: readonly ModelSpec[]): Omit<BedrockHealth, 'latencyMs'> {
  const failures = answers.flatMap((one) => (one.answer === 'failed' ? [`${one.region}: ${one.reason}`] : []));
  const status = failures.length === 0 ? 'UP' : failures.length < answers.length ? 'DEGRADED' : 'DOWN';
  const facts = answers.flatMap((one): Fact[] => {
    if (one.answer === 'failed') return [];
    if (one.answer === 'listed') return chain.flatMap((model) => lifecycle(model, one.region, one.models));
    const says = (regions: string): string =>
      `bedrock:ListFoundationModels is not allowed in ${regions}, so the state of models is not known.`;
    return [{ region: one.region, says }];
  });
  const notices = Object.values(groupBy(facts, ({ says }) => says(''))).flatMap(([first, ...others]) =>
    first ? [first.says([first, ...others].map(({ region }) => region).join(' and '))] : [],
  );
  return { status, detail: failures.length > 0 ? failures.join('; ') : null, notices };
}

/** What is to be told of a region; told once for all regions in which it is so. */
type Fact = { readonly region: string; readonly says: (regions: string) => string };

function lifecycle(model: ModelSpec, region: string, listed: readonly FoundationModelSummary[]): Fact[] {
  const { baseId } = splitModelId(model.bedrockId);
  // An ARN names a profile of this account's own, which no list of models holds.
  if (baseId.startsWith('arn:')) return [];
  const found = listed.find((summary) => summary.modelId === baseId);
  if (!found) return [{ region, says: (regions) => `${model.name} is not offered in ${regions}.` }];
  if (found.modelLifecycle?.status !== 'LEGACY') return [];
  const end = found.modelLifecycle.endOfLifeTime?.toISOString().slice(0, 10);
  return [{ region, says: (regions) => `${model.name} is legacy in ${regions}${end ? ` and ends on ${end}` : ''}.` }];
}
