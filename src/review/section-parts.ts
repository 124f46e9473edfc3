import { splitParts, type TextPart } from '../documents/split-parts.ts';
import { answerTokens } from '../models/build-request.ts';
import { estimateInputTokens } from '../models/estimate-tokens.ts';
import type { ModelRequest, ModelSpec } from '../models/model-types.ts';

/** Tokens that every request has room for, whatever the limits: with less nothing could be asked at all. */
const leastRoomTokens = 500;

/**
 * What is left of a section's text behind `fromOffset`, in parts that each fit one request: at the borders of paragraphs where they allow
 * it, covering the text exactly and in order. Offsets are the section's. `tokensOf` estimates what a text takes in a request.
 */
export function remainingParts(
  text: string,
  fromOffset: number,
  { tokensOf, roomTokens }: { tokensOf: (text: string) => number; roomTokens: number },
): TextPart[] {
  const rest = text.slice(fromOffset);
  let maxLength = Math.max(2, rest.length);
  for (;;) {
    const parts = splitParts(rest, maxLength);
    const heaviest = Math.max(...parts.map((part) => tokensOf(part.text)));
    if (heaviest <= roomTokens || maxLength === 2) {
      return parts.map((part) => ({
        text: part.text,
        startOffset: fromOffset + part.startOffset,
        endOffset: fromOffset + part.endOffset,
      }));
    }
    // By its weight, and a little less: texts are not equally dense, so one step may not be enough.
    maxLength = Math.max(2, Math.floor((Math.min(maxLength, rest.length) * roomTokens * 0.98) / heaviest));
  }
}

/**
 * How many tokens of a section's text one request may hold, so that every model of the chain can take it: at most `mostTokens`, what the
 * smallest context leaves beside `frame` (the request without the text) and the answer, and what the fleet's budget for a minute does.
 */
export function roomForText(
  frame: ModelRequest,
  { chain, mostTokens, tokensPerMinute }: { chain: readonly ModelSpec[]; mostTokens: number; tokensPerMinute: number },
): number {
  const rooms = chain.map((model) => {
    const beside = estimateInputTokens(frame, model) + answerTokens(model, frame);
    return Math.min(model.contextTokens, tokensPerMinute) - beside;
  });
  return Math.max(leastRoomTokens, Math.min(mostTokens, ...rooms));
}
