import type { IncomingMessage } from 'node:http';
import { z } from 'zod';

/**
 * The part of Converse's request that the simulator understands. Tools, guardrails, images and documents are not looked at; a signature is
 * not verified, only read for its region.
 */
const contentBlock = z.looseObject({
  text: z.string().optional(),
  cachePoint: z.looseObject({ type: z.literal('default'), ttl: z.enum(['5m', '1h']).optional() }).optional(),
});

const converseBody = z.looseObject({
  system: z.array(contentBlock).optional(),
  messages: z.array(z.looseObject({ role: z.enum(['user', 'assistant']), content: z.array(contentBlock) })).optional(),
  inferenceConfig: z
    .looseObject({
      maxTokens: z.int().min(1).optional(),
      temperature: z.number().min(0).max(1).optional(),
      topP: z.number().min(0).max(1).optional(),
      stopSequences: z.array(z.string().min(1)).max(4).optional(),
    })
    .optional(),
  additionalModelRequestFields: z
    .looseObject({
      thinking: z
        .looseObject({
          type: z.enum(['enabled', 'adaptive', 'disabled', 'between_tools']),
          budget_tokens: z.int().optional(),
        })
        .optional(),
      output_config: z.looseObject({ effort: z.string().optional() }).optional(),
      temperature: z.number().optional(),
      top_p: z.number().optional(),
      top_k: z.number().optional(),
    })
    .optional(),
});

export type ContentBlock = z.infer<typeof contentBlock>;
export type ConverseBody = z.infer<typeof converseBody>;

export const operations = ['converse-stream', 'converse', 'list-models'] as const;
type Operation = (typeof operations)[number];

export type Call = {
  readonly operation: Operation;
  /** As it stands in the path, decoded; null for list-models. */
  readonly modelId: string | null;
  /** Of the signature's credential scope; `unknown` with a bearer token, which names none. */
  readonly region: string;
};

/** What a request asks for, from its path and its Authorization header alone; null where no operation of the simulator is meant. */
export function readCall(request: IncomingMessage): Call | null {
  const path = (request.url ?? '').split('?')[0] ?? '';
  const region = readRegion(request.headers.authorization);
  if (request.method === 'GET' && path === '/foundation-models') {
    return { operation: 'list-models', modelId: null, region };
  }
  const match = /^\/model\/([^/]+)\/(converse|converse-stream)$/.exec(path);
  if (request.method !== 'POST' || !match?.[1]) return null;
  const operation = match[2] === 'converse' ? 'converse' : 'converse-stream';
  return { operation, modelId: decodeModelId(match[1]), region };
}

/** A path that is no valid encoding names no model; it stays as it is and is refused as an unknown one. */
function decodeModelId(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** Credential=<key>/<date>/<region>/bedrock/aws4_request */
const readRegion = (authorization: string | undefined): string =>
  /Credential=[^/,\s]+\/\d+\/([a-z0-9-]+)\/bedrock\/aws4_request/.exec(authorization ?? '')?.[1] ?? 'unknown';

export type ParsedBody =
  | { readonly outcome: 'parsed'; readonly body: ConverseBody }
  | { readonly outcome: 'malformed'; readonly message: string };

/** Bedrock names the place of a mistake as a JSON pointer. */
export function parseConverseBody(text: string): ParsedBody {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { outcome: 'malformed', message: 'Malformed input request, please reformat your input and try again.' };
  }
  const parsed = converseBody.safeParse(value);
  if (parsed.success) return { outcome: 'parsed', body: parsed.data };
  const issue = parsed.error.issues[0];
  const message = `Malformed input request: #/${issue?.path.join('/') ?? ''}: ${issue?.message ?? ''}, please reformat your input and try again.`;
  return { outcome: 'malformed', message };
}

export const textOf = (blocks: readonly ContentBlock[]): string =>
  blocks.flatMap((block) => block.text ?? []).join('\n');
