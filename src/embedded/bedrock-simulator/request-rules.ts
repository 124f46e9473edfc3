import type { ConverseBody } from './converse-request.ts';
import { textOf } from './converse-request.ts';
import { findModel, type SimulatedModel } from './model-table.ts';
import { modelValidationError, validationError, type ServiceError } from './service-error.ts';
import { estimateTokens } from './tokens.ts';

/**
 * The rules that make Bedrock refuse a request. Each looks at one thing and gives the error, or null; the first error is the answer.
 */
export type ReceivedRequest = {
  readonly model: SimulatedModel;
  readonly body: ConverseBody;
  readonly inputTokens: number;
  /** Of the request, or the model's own when it names none. */
  readonly maxTokens: number;
};

export type ModelLookup =
  | { readonly outcome: 'found'; readonly model: SimulatedModel }
  | { readonly outcome: 'refused'; readonly error: ServiceError };

const refused = (error: ServiceError): ModelLookup => ({ outcome: 'refused', error });

export const endOfLifeError: ServiceError = {
  status: 404,
  type: 'ResourceNotFoundException',
  message:
    'This model version has reached the end of its life. Please refer to the AWS documentation for more details.',
};

export const unknownModelError = validationError('The provided model identifier is invalid.');

export const onDemandError = (modelId: string): ServiceError =>
  validationError(
    `Invocation of model ID ${modelId} with on-demand throughput isn't supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
  );

/** Whether a model answers at all under this id, from this region. */
export function lookUpModel(modelId: string, region: string, endOfLife: ReadonlySet<string>): ModelLookup {
  const found = findModel(modelId);
  if (found === null) return refused(unknownModelError);
  if (endOfLife.has(found.model.key)) return refused(endOfLifeError);
  if (found.profile === null && !found.model.isOnDemand) return refused(onDemandError(modelId));
  if (found.profile !== null && !profileServes(found.profile, region)) return refused(unknownModelError);
  return { outcome: 'found', model: found.model };
}

const profileRegions: Readonly<Record<string, RegExp>> = {
  us: /^(us|ca)-/,
  eu: /^eu-/,
  jp: /^ap-northeast-/,
  apac: /^ap-/,
  global: /./,
};

const profileServes = (profile: string, region: string): boolean =>
  region === 'unknown' || (profileRegions[profile]?.test(region) ?? false);

/** Every text of the request, in the order in which the model reads it. */
export const promptText = (body: ConverseBody): string =>
  [textOf(body.system ?? []), ...(body.messages ?? []).map((message) => textOf(message.content))].join('\n');

const tokensPerMessage = 6;

export function receive(model: SimulatedModel, body: ConverseBody): ReceivedRequest {
  const textTokens = estimateTokens(promptText(body), model.tokenFactor);
  return {
    model,
    body,
    inputTokens: textTokens + tokensPerMessage * (body.messages?.length ?? 0),
    maxTokens: body.inferenceConfig?.maxTokens ?? model.maxTokens,
  };
}

export function checkRequest(request: ReceivedRequest): ServiceError | null {
  return (
    checkMessages(request) ??
    checkLimits(request) ??
    checkThinking(request) ??
    checkSampling(request) ??
    checkCachePoints(request)
  );
}

function checkMessages({ model, body }: ReceivedRequest): ServiceError | null {
  const messages = body.messages ?? [];
  if (messages[0]?.role !== 'user') {
    return validationError(
      'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
    );
  }
  for (const [index, message] of messages.entries()) {
    if (message.role === messages[index - 1]?.role) {
      return validationError(
        'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.',
      );
    }
    const blank = message.content.findIndex((block) => block.text !== undefined && block.text.trim() === '');
    if (blank >= 0) {
      return validationError(
        `The text field in the ContentBlock object at messages.${index}.content.${blank} is blank. Add text to the text field, and try again.`,
      );
    }
  }
  if (messages.at(-1)?.role === 'assistant' && !model.acceptsPrefill) {
    return modelValidationError(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    );
  }
  return null;
}

function checkLimits({ model, inputTokens, maxTokens }: ReceivedRequest): ServiceError | null {
  if (maxTokens > model.maxTokens) {
    return validationError(
      `The maximum tokens you requested exceeds the model limit of ${model.maxTokens}. Try again with a maximum tokens value that is lower than ${model.maxTokens}.`,
    );
  }
  if (inputTokens > model.contextTokens) {
    return modelValidationError(`prompt is too long: ${inputTokens} tokens > ${model.contextTokens} maximum`);
  }
  return null;
}

function checkThinking({ model, body, maxTokens }: ReceivedRequest): ServiceError | null {
  const fields = body.additionalModelRequestFields;
  if (fields?.output_config?.effort !== undefined && !model.acceptsEffort) {
    return modelValidationError('This model does not support the effort parameter.');
  }
  const thinking = fields?.thinking;
  if (thinking === undefined) return null;
  if (model.thinkingTypes.length === 0) return modelValidationError('thinking: Extra inputs are not permitted');
  if (!model.thinkingTypes.includes(thinking.type)) return refuseThinkingType(thinking.type, model);
  if (thinking.type !== 'enabled') return null;
  if (thinking.budget_tokens === undefined) {
    return modelValidationError('thinking.enabled.budget_tokens: Field required');
  }
  if (thinking.budget_tokens < 1_024) {
    return modelValidationError('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
  }
  if (thinking.budget_tokens >= maxTokens) {
    return modelValidationError('`max_tokens` must be greater than `thinking.budget_tokens`.');
  }
  if (body.messages?.at(-1)?.role === 'assistant') {
    return modelValidationError('messages: Assistant message prefill is not supported when thinking is enabled.');
  }
  return null;
}

const refuseThinkingType = (type: string, model: SimulatedModel): ServiceError =>
  type === 'enabled'
    ? modelValidationError(
        '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
      )
    : modelValidationError(
        `thinking: Input tag '${type}' found using 'type' does not match any of the expected tags: ${model.thinkingTypes.map((known) => `'${known}'`).join(', ')}`,
      );

function checkSampling({ model, body }: ReceivedRequest): ServiceError | null {
  const fields = body.additionalModelRequestFields;
  const temperature = body.inferenceConfig?.temperature ?? fields?.temperature;
  const topP = body.inferenceConfig?.topP ?? fields?.top_p;
  const topK = fields?.top_k;
  if (isThinking(model, body)) {
    if (temperature !== undefined && temperature !== 1) {
      return modelValidationError('`temperature` may only be set to 1 when thinking is enabled.');
    }
    if (topK !== undefined) return modelValidationError('`top_k` must be unset when thinking is enabled.');
    if (topP !== undefined && topP < 0.95) {
      return modelValidationError('`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.');
    }
  }
  if (model.sampling === 'none') {
    const changed = [
      temperature !== undefined && temperature !== 1 ? 'temperature' : [],
      topP !== undefined && topP !== 1 ? 'top_p' : [],
      topK !== undefined ? 'top_k' : [],
    ].flat();
    if (changed[0]) return modelValidationError(`\`${changed[0]}\` is not supported for this model.`);
  }
  if (model.sampling === 'one' && temperature !== undefined && topP !== undefined) {
    return modelValidationError(
      '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
    );
  }
  return null;
}

function checkCachePoints({ body }: ReceivedRequest): ServiceError | null {
  const blocks = [...(body.system ?? []), ...(body.messages ?? []).flatMap((message) => message.content)];
  return blocks.filter((block) => block.cachePoint !== undefined).length > 4
    ? modelValidationError('A maximum of 4 blocks with cache_control may be provided.')
    : null;
}

/** Whether an answer to this request begins with thinking. */
export function isThinking(model: SimulatedModel, body: ConverseBody): boolean {
  const type = body.additionalModelRequestFields?.thinking?.type;
  return type === undefined ? model.thinksUnasked : type === 'enabled' || type === 'adaptive';
}
