import type { ConverseBody } from '../converse-request.ts';
import { textOf } from '../converse-request.ts';
import { promptText } from '../request-rules.ts';
import { answerQuestion } from './chat-answer.ts';
import { readChecks } from './playbook-checks.ts';
import { readFence } from './read-fence.ts';
import { reviewSection, type Finding, type Summary } from './review-section.ts';

/** What a request is answered with, before it is cut into tokens. */
export type ComposedAnswer = {
  readonly thinking: string;
  /** A review in its parts, so that a fault can spoil one of them; anything else as text. */
  readonly content:
    | { readonly type: 'review'; readonly findings: readonly Finding[]; readonly summary: Summary }
    | { readonly type: 'text'; readonly text: string };
};

/**
 * A system prompt that asks for <cite> citations gets an answer to the last question; else a fenced section gets a review, also when it
 * stands in an earlier message, as it does when a first answer is to be repaired. The same request always gets the same answer.
 */
export function composeAnswer(body: ConverseBody): ComposedAnswer {
  const messages = userTexts(body);
  if (textOf(body.system ?? []).includes('<cite>')) {
    const { thinking, text } = answerQuestion(messages.at(-1) ?? '', messages.slice(0, -1));
    return { thinking, content: { type: 'text', text } };
  }
  const section = messages.map(readFence).findLast((fence) => fence !== null);
  if (section) {
    const { thinking, findings, summary } = reviewSection(section.text, readChecks(withoutFences(promptText(body))));
    return { thinking, content: { type: 'review', findings, summary } };
  }
  return {
    thinking: 'Simulated thinking: there is neither a section to review nor a question with citations.',
    content: {
      type: 'text',
      text: 'Simulated answer: the request holds neither a fenced section to review nor a system prompt that asks for citations, and a simulator can do nothing else.',
    },
  };
}

/** Checks come from the playbook: what stands between tags is data, and has none even where it holds lines like them. */
const withoutFences = (prompt: string): string => prompt.replaceAll(/^<([a-z][\w-]*)[^<>\n]*>\n[^<>]*\n<\/\1>/gm, '');

/** The words of the document within the request: the fenced section, else the last user message. */
export function documentText(body: ConverseBody): string {
  const messages = userTexts(body);
  return messages.map(readFence).findLast((fence) => fence !== null)?.text ?? messages.at(-1) ?? '';
}

const userTexts = (body: ConverseBody): string[] =>
  (body.messages ?? []).filter((message) => message.role === 'user').map((message) => textOf(message.content));
