import { answerTokens } from '../models/build-request.ts';
import { estimateInputTokens } from '../models/estimate-tokens.ts';
import type { ModelMessage, ModelRequest, ModelSpec } from '../models/model-types.ts';
import { mostContextTokens, writeContext, type ReviewContext } from './context.ts';
import { fenceBlock, fenceSection } from './fence.ts';
import { promptVersionOf, type Instructions } from './instructions.ts';
import type { Check } from './playbook.ts';

/** Of one playbook the same for every section, so that the provider can cache it. */
const systemWith = ({ text }: Instructions, checks: readonly Check[]): string =>
  [text, '', 'Checks:', ...checks.map(({ ref, title, guidance }) => `${ref}: ${title}. ${guidance}`)].join('\n');

/** Stored with every analysis; its digest is of all words that are the same for every section, the playbook's included. */
export const reviewVersionWith = (instructions: Instructions, checks: readonly Check[]): string =>
  promptVersionOf(instructions, systemWith(instructions, checks));

export type ReviewedSection = {
  readonly id: string;
  readonly title: string;
  readonly text: string;
};

export type ReviewRequest = {
  readonly request: ModelRequest;
  /** By writing the rows of its context as TOON, against compact JSON. */
  readonly contextTokensSaved: number;
};

/**
 * The request that asks for a review of one section. Everything that comes from the document is escaped. The section is always whole; the
 * context around it is cut to what the chain's models have room for beside it.
 */
export function buildReviewRequest(input: {
  section: ReviewedSection;
  filename: string;
  context: ReviewContext;
  instructions: Instructions;
  checks: readonly Check[];
  maxTokens: number;
  temperature: number;
  chain: readonly ModelSpec[];
}): ReviewRequest {
  const requestWith = (around: string): ModelRequest => ({
    system: systemWith(input.instructions, input.checks),
    messages: [{ role: 'user', text: userText(input, around) }],
    maxTokens: input.maxTokens,
    temperature: input.temperature,
  });
  const { text, tokensSaved } = writeContext(input.context, roomBeside(requestWith(''), input.chain));
  return { request: requestWith(text), contextTokensSaved: tokensSaved };
}

/** A filename and a title are the document's words as well: nothing of them stands outside of tags. */
function userText({ filename, section }: { filename: string; section: ReviewedSection }, around: string): string {
  return [
    fenceBlock('document', JSON.stringify({ filename, section: section.title })),
    ...(around === '' ? [] : [around]),
    'Review this section:',
    fenceSection(section.id, section.text),
  ].join('\n');
}

/** Words of ours between the rows: introductions, tags, what was left out. */
const framingTokens = 200;

/** Tokens that are left for the context in the smallest of those models that the request fits without any; none where it fits none. */
function roomBeside(request: ModelRequest, chain: readonly ModelSpec[]): number {
  const rooms = chain.flatMap((model) => {
    const room = model.contextTokens - answerTokens(model, request) - estimateInputTokens(request, model);
    return room < 0 ? [] : [Math.max(0, room / model.tokenizerFactor - framingTokens)];
  });
  return rooms.length === 0 ? 0 : Math.min(mostContextTokens, ...rooms);
}

/** What a model said is handed back to it, unless it would fill the request. */
const longestAnswerBack = 40_000;

/** Asks for an answer that could not be read once more. `why` holds no words of the answer. */
export function repairMessages(answer: string, why: string): ModelMessage[] {
  const said = answer.trim().toWellFormed();
  const isHandedBack = said !== '' && said.length <= longestAnswerBack;
  return [
    ...(isHandedBack ? [{ role: 'assistant' as const, text: said }] : []),
    {
      role: 'user',
      text: `That answer cannot be used: ${why}. Answer again from the beginning and in full, in the form that was asked for: JSON Lines, a line for each finding, then exactly one summary line, and nothing else.`,
    },
  ];
}
