import {
  BedrockRuntimeClient,
  ConverseStreamCommand,
  type ConverseStreamCommandInput,
  type ConverseStreamOutput,
  type TokenUsage,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { systemClock } from '../../../src/clock.ts';
import {
  createBedrockSimulator,
  type BedrockSimulator,
  type BedrockSimulatorOptions,
} from '../../../src/embedded/bedrock-simulator/simulator.ts';
import { fenceSection } from '../../../src/review/fence.ts';

export const sonnet45 = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
export const sonnet46 = 'us.anthropic.claude-sonnet-4-6';
export const sonnet5 = 'us.anthropic.claude-sonnet-5';
export const sonnet40 = 'us.anthropic.claude-sonnet-4-20250514-v1:0';

/** Signs, so that the region is in the request; never retries, so that what is seen is what was sent. */
export function createClient(url: string, region = 'us-east-2'): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    region,
    endpoint: url,
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' },
    authSchemePreference: ['sigv4'],
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  });
}

export type Bench = {
  readonly simulator: BedrockSimulator;
  readonly url: string;
  client(region?: string): BedrockRuntimeClient;
  close(): Promise<void>;
};

/** A simulator as fast as it can be, and clients for it; all closed together. */
export async function startBench(options: Partial<BedrockSimulatorOptions> = {}): Promise<Bench> {
  const simulator = createBedrockSimulator({ tokensPerSecond: 1_000_000, clock: systemClock, ...options });
  const { url } = await simulator.listen();
  const clients: BedrockRuntimeClient[] = [];
  return {
    simulator,
    url,
    client(region) {
      const client = createClient(url, region);
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) client.destroy();
      await simulator.close();
    },
  };
}

export const contractText = `7. Liability and term

The Supplier shall be liable for any and all damages without limitation of its liability.
Reports shall be delivered promptly. The price is 45,000 per year.
The Customer may terminate this agreement at any time without cause.
Payment falls due within thirty (45) days after the invoice.
This agreement renews automatically for successive terms of one year.`;

const reviewSystem =
  'You review documents. Answer in JSON Lines.\nGEN-3: liability, caps and damages\nGEN-4 deadlines and dates';

/** A review request for `text`, without thinking unless `overrides` asks for it. */
export function reviewInput(
  text: string,
  overrides: Partial<ConverseStreamCommandInput> = {},
): ConverseStreamCommandInput {
  return {
    modelId: sonnet45,
    system: [{ text: reviewSystem }],
    messages: [{ role: 'user', content: [{ text: `Review this section.\n\n${fenceSection('sec_1', text)}` }] }],
    inferenceConfig: { maxTokens: 8_192 },
    ...overrides,
  };
}

export const thinkingFields = { thinking: { type: 'enabled', budget_tokens: 2_000 } };

type Streamed = {
  readonly events: readonly ConverseStreamOutput[];
  readonly thinking: string;
  readonly text: string;
  readonly stopReason: string | undefined;
  readonly usage: TokenUsage | undefined;
};

type StreamFailure = Error & {
  $metadata?: { httpStatusCode?: number };
  code?: string;
  originalStatusCode?: number;
  $response?: { headers: Record<string, string> };
};

/** How a stream went, seen as its consumer sees it: `phase` tells whether `send` or the iteration threw. */
export type Outcome = Streamed & { readonly error?: StreamFailure; readonly phase: 'send' | 'stream' | 'done' };

export async function stream(
  client: BedrockRuntimeClient,
  input: ConverseStreamCommandInput,
  options: { abortSignal?: AbortSignal; onEvent?: (event: ConverseStreamOutput) => void } = {},
): Promise<Outcome> {
  const events: ConverseStreamOutput[] = [];
  let phase: Outcome['phase'] = 'send';
  try {
    const { onEvent, ...sendOptions } = options;
    const response = await client.send(new ConverseStreamCommand(input), sendOptions);
    phase = 'stream';
    for await (const event of response.stream ?? []) {
      events.push(event);
      onEvent?.(event);
    }
    return { ...summarise(events), phase: 'done' };
  } catch (error) {
    return { ...summarise(events), phase, error: error as StreamFailure };
  }
}

function summarise(events: readonly ConverseStreamOutput[]): Streamed {
  const deltas = events.flatMap((event) => event.contentBlockDelta?.delta ?? []);
  return {
    events,
    thinking: deltas.map((delta) => delta.reasoningContent?.text ?? '').join(''),
    text: deltas.map((delta) => delta.text ?? '').join(''),
    stopReason: events.find((event) => event.messageStop)?.messageStop?.stopReason,
    usage: events.find((event) => event.metadata)?.metadata?.usage,
  };
}

export const kindsOf = (events: readonly ConverseStreamOutput[]): string[] =>
  events.map((event) => Object.keys(event)[0] ?? '');
