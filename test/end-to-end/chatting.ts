import type { Prism, StreamedEvent } from '../support/prism.ts';
import { ofType } from './reviewing.ts';

const sendMessage = `mutation($chatId: ID!, $text: String!, $sectionIds: [ID!], $key: String) {
  sendChatMessage(input: { chatId: $chatId, text: $text, sectionIds: $sectionIds, idempotencyKey: $key }) {
    message { id role status text createdAt finishedAt }
    reply { id role status text thinking eventsCursor }
  }
}`;

const message = `query($id: ID!) { chatMessage(id: $id) {
  id role status text thinking eventsCursor finishedAt error { code message retryable }
  citations { quote startOffset endOffset page verified }
  modelUsed { key } modelAttempts { model { key } region outcome } usage { inputTokens outputTokens costUsd }
  chat { id document { id } }
} }`;

export async function startChat(prism: Prism, documentId: string): Promise<string> {
  const { startChat: started } = await prism.ask(
    'mutation($id: ID!) { startChat(input: { documentId: $id }) { chat { id } } }',
    { id: documentId },
  );
  return started.chat.id;
}

export type Question = { readonly sectionIds?: readonly string[]; readonly key?: string };

/** The question and the reply, as sendChatMessage answers them. */
export const send = async (
  prism: Prism,
  chatId: string,
  text: string,
  options: Question = {},
): Promise<StreamedEvent> => (await prism.ask(sendMessage, { chatId, text, ...options })).sendChatMessage;

/** The code of the error that a question is refused with. */
export const refusalOf = async (prism: Prism, chatId: string, text: string, options: Question = {}) =>
  (await prism.query(sendMessage, { chatId, text, ...options })).errors?.[0]?.extensions.code;

/** Id of the reply to come. */
export const ask = async (prism: Prism, chatId: string, text: string, options?: Question): Promise<string> =>
  (await send(prism, chatId, text, options)).reply.id;

export const readMessage = async (prism: Prism, id: string): Promise<StreamedEvent> =>
  (await prism.ask(message, { id })).chatMessage;

export const cancelMessage = async (prism: Prism, id: string): Promise<StreamedEvent> =>
  (
    await prism.ask('mutation($id: ID!) { cancelChatMessage(input: { id: $id }) { message { id status text } } }', {
      id,
    })
  ).cancelChatMessage.message;

/** The text that deltas of a type make up. */
export const joined = (events: readonly StreamedEvent[], typename: 'TextDelta' | 'ThinkingDelta'): string =>
  ofType(events, typename)
    .map(({ text }) => text)
    .join('');
