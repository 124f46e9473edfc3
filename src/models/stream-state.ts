import type { ConverseStreamOutput } from '@aws-sdk/client-bedrock-runtime';
import type { ClassifiedFailure } from './classify-failure.ts';
import type { ModelEvent, TokenUsage } from './model-types.ts';

/**
 * What has been seen of one stream.
 *
 *   open ──messageStop──> stopped ──metadata──> complete      (the two may also come in the other order)
 *
 * Only `complete` is an answer: connections that are cut can end without any error, and without metadata nothing says what was used.
 */
export type StreamState = {
  /** Takes the next event of the wire; gives what a consumer sees of it. Unknown kinds give null. */
  take(event: ConverseStreamOutput): Extract<ModelEvent, { type: 'thinking' | 'text' }> | null;
  hasBegun(): boolean;
  /** Bedrock's own figures, once they have come. */
  usage(): TokenUsage | null;
  ending(): { readonly stopReason: string; readonly usage: TokenUsage } | null;
  /** Why a stream that has ended is no answer; null when it is one. */
  defect(): Pick<ClassifiedFailure, 'failure' | 'reason'> | null;
};

export function createStreamState(): StreamState {
  let hasBegun = false;
  let hasText = false;
  let stopReason: string | null = null;
  let usage: TokenUsage | null = null;

  const ending = () => (stopReason !== null && usage !== null ? { stopReason, usage } : null);
  return {
    take(event) {
      hasBegun = true;
      if (event.messageStop) stopReason = event.messageStop.stopReason ?? 'unknown';
      if (event.metadata?.usage) usage = toUsage(event.metadata.usage);
      const delta = event.contentBlockDelta?.delta;
      if (delta?.text) {
        hasText ||= delta.text.trim() !== '';
        return { type: 'text', text: delta.text };
      }
      const thinking = delta?.reasoningContent?.text;
      return thinking ? { type: 'thinking', text: thinking } : null;
    },
    hasBegun: () => hasBegun,
    usage: () => usage,
    ending,
    defect() {
      const end = ending();
      if (end === null)
        return truncated(`The stream ended without ${stopReason === null ? 'messageStop' : 'metadata'}`);
      // Seen on Bedrock: a stream that says end_turn and holds nothing.
      return end.stopReason === 'end_turn' && !hasText ? truncated('The answer is empty') : null;
    },
  };
}

const truncated = (reason: string) => ({ failure: { kind: 'truncated' as const }, reason });

type WireUsage = NonNullable<NonNullable<ConverseStreamOutput['metadata']>['usage']>;

const toUsage = (usage: WireUsage): TokenUsage => ({
  inputTokens: usage.inputTokens ?? 0,
  outputTokens: usage.outputTokens ?? 0,
  cacheReadTokens: usage.cacheReadInputTokens ?? 0,
  cacheWriteTokens: usage.cacheWriteInputTokens ?? 0,
});
