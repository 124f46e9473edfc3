import type { AnswerFault } from './fault-types.ts';
import { isThinking, type ReceivedRequest } from './request-rules.ts';
import { composeAnswer } from './reviewer/compose-answer.ts';
import { spoil } from './spoil-answer.ts';
import { splitIntoTokens } from './tokens.ts';

/** An answer in tokens, as far as the request's limits let it come. */
export type Generation = {
  readonly thinking: readonly string[];
  readonly text: readonly string[];
  readonly stopReason: 'end_turn' | 'max_tokens' | 'stop_sequence';
};

/** The same for the same request and fault. */
export function generate(request: ReceivedRequest, fault: AnswerFault | null): Generation {
  const { body, model, maxTokens } = request;
  if (fault?.kind === 'empty-answer') return { thinking: [], text: [], stopReason: 'end_turn' };
  const composed = composeAnswer(body);
  const budget = body.additionalModelRequestFields?.thinking?.budget_tokens ?? Infinity;
  const thinking = isThinking(model, body) ? splitIntoTokens(composed.thinking).slice(0, budget) : [];
  const spoken = stopAt(spoil(composed.content, fault), body.inferenceConfig?.stopSequences ?? []);
  const text = splitIntoTokens(spoken.text);
  const limit = fault?.kind === 'max-tokens-stop' ? Math.min(fault.afterTokens, maxTokens) : maxTokens;
  if (thinking.length + text.length <= limit) return { thinking, text, stopReason: spoken.stopReason };
  const keptThinking = thinking.slice(0, limit);
  return { thinking: keptThinking, text: text.slice(0, limit - keptThinking.length), stopReason: 'max_tokens' };
}

function stopAt(
  text: string,
  stopSequences: readonly string[],
): { text: string; stopReason: Generation['stopReason'] } {
  const found = stopSequences.map((sequence) => text.indexOf(sequence)).filter((index) => index >= 0);
  return found.length === 0
    ? { text, stopReason: 'end_turn' }
    : { text: text.slice(0, Math.min(...found)), stopReason: 'stop_sequence' };
}
