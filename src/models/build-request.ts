import type { ConverseStreamCommandInput, Message, SystemContentBlock } from '@aws-sdk/client-bedrock-runtime';
import { assertNever } from '../errors.ts';
import { estimateTextTokens } from './estimate-tokens.ts';
import type { ModelRequest, ModelSpec } from './model-types.ts';
import { thinkingBudgetWithin } from './thinking-budget.ts';

type Thinking =
  | { readonly type: 'none' }
  | { readonly type: 'budget'; readonly budgetTokens: number }
  | { readonly type: 'adaptive' };

/**
 * What `model` accepts of `request`, as Bedrock's ConverseStream wants it. Pure.
 *
 * - thinking as the model knows it: within a budget, adaptive, or none where the answer leaves no room for the smallest budget
 * - a temperature only where the model takes one, and never together with thinking
 * - maxTokens always explicit: left out, Bedrock reserves the model's maximum from the quota
 * - a cache point after the system text where that is long enough for the model; Bedrock ignores one that comes too early
 * - neighbours of the same role are joined, because Bedrock wants the roles to alternate
 */
export function buildRequest(model: ModelSpec, request: ModelRequest): ConverseStreamCommandInput {
  const maxTokens = answerTokens(model, request);
  const thinking = thinkingOf(model, maxTokens);
  const isTemperatureAllowed = thinking.type === 'none' && model.acceptsTemperature;
  const extraFields = thinkingFields(thinking);
  return {
    modelId: model.bedrockId,
    ...(request.system === '' ? {} : { system: systemBlocks(model, request.system) }),
    messages: alternating(request.messages),
    inferenceConfig: { maxTokens, ...(isTemperatureAllowed ? { temperature: request.temperature } : {}) },
    ...(extraFields ? { additionalModelRequestFields: extraFields } : {}),
  };
}

/** Upper limit of the answer to `request` from `model`, in tokens: what Bedrock reserves besides the input. */
export const answerTokens = (model: ModelSpec, request: ModelRequest): number =>
  Math.min(request.maxTokens, model.maxTokens);

function thinkingOf(model: ModelSpec, maxTokens: number): Thinking {
  switch (model.thinking) {
    case 'none':
      return { type: 'none' };
    case 'adaptive':
      return { type: 'adaptive' };
    case 'budget': {
      const room = thinkingBudgetWithin(maxTokens);
      if (room === null) return { type: 'none' };
      return { type: 'budget', budgetTokens: Math.min(room, model.thinkingBudgetTokens ?? room) };
    }
    default:
      return assertNever(model.thinking);
  }
}

function thinkingFields(thinking: Thinking): Record<string, Record<string, string | number>> | null {
  switch (thinking.type) {
    case 'none':
      return null;
    case 'budget':
      return { thinking: { type: 'enabled', budget_tokens: thinking.budgetTokens } };
    case 'adaptive':
      // Claude 5 leaves the text of its thinking out unless asked for the summary. The default effort, high, can spend the whole answer
      // on thinking.
      return { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'medium' } };
    default:
      return assertNever(thinking);
  }
}

function systemBlocks(model: ModelSpec, text: string): SystemContentBlock[] {
  const isCacheable = model.minCacheTokens !== null && estimateTextTokens(text, model) >= model.minCacheTokens;
  return isCacheable ? [{ text }, { cachePoint: { type: 'default' } }] : [{ text }];
}

function alternating(messages: ModelRequest['messages']): Message[] {
  const joined: { role: 'user' | 'assistant'; content: { text: string }[] }[] = [];
  for (const { role, text } of messages) {
    const last = joined.at(-1);
    if (last?.role === role) last.content.push({ text });
    else joined.push({ role, content: [{ text }] });
  }
  return joined;
}
