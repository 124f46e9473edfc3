import type { ModelRequest } from '../models/model-types.ts';
import { recentExchanges, type Exchange } from './chat-history.ts';
import { describePassages, fittingPassages, type ChatPassage, type Chosen } from './chat-passages.ts';
import { fenceBlock } from './fence.ts';
import { promptVersionOf, type Instructions } from './instructions.ts';

/** Stored with every answer. */
export const chatVersionOf = (instructions: Instructions): string => promptVersionOf(instructions, instructions.text);

/** For the passages, and for what was said before: neither crowds out the other, nor the document's analyses from the budget per minute. */
const passageTokens = 12_000;
const historyTokens = 12_000;

/** Characters that surely suffice for the passages, whatever they are written in. */
export const mostPassageCharacters = passageTokens * 4;

// As in a review: enough to see what there is.
export const outlineLimit = 60;

export type ChatQuestion = {
  readonly filename: string;
  /** Titles of the first sections in reading order, at most 60, of so many. */
  readonly outline: readonly string[];
  readonly sectionCount: number;
  /** Best first. */
  readonly passages: readonly ChatPassage[];
  readonly chosen: Chosen;
  /** Oldest first. */
  readonly history: readonly Exchange[];
  readonly question: string;
};

/** The request that asks for an answer. Nothing of the document's words, its file name included, stands outside of tags. */
export function buildChatRequest(
  input: ChatQuestion,
  instructions: Instructions,
  { maxTokens, temperature }: { readonly maxTokens: number; readonly temperature: number },
): ModelRequest {
  const history = recentExchanges(input.history, historyTokens);
  const isShortened = history.length < input.history.length;
  const text = [
    ...(isShortened ? ['Earlier questions and answers of this conversation are left out for lack of room.'] : []),
    fenceBlock('document', JSON.stringify({ filename: input.filename })),
    fenceBlock('outline', outlineOf(input)),
    describePassages(fittingPassages(input.passages, passageTokens), input.chosen),
    fenceBlock('question', input.question),
  ].join('\n\n');
  return {
    system: instructions.text,
    messages: [
      ...history.flatMap(({ question, answer }) => [
        { role: 'user' as const, text: fenceBlock('question', question) },
        { role: 'assistant' as const, text: answer },
      ]),
      { role: 'user', text },
    ],
    maxTokens,
    temperature,
  };
}

function outlineOf({ outline, sectionCount }: ChatQuestion): string {
  // A title that breaks its line could pass for another entry.
  const shown = outline.map((title, index) => `${index + 1}. ${title.replaceAll(/\s+/g, ' ').trim()}`);
  const left = sectionCount - shown.length;
  return [...shown, ...(left > 0 ? [`and ${left} more`] : [])].join('\n');
}
