import type { Chat, ChatMessage } from '../src/db.ts';
import { builder } from './builder.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { ChatMessageRef, ChatRef } from './refs.ts';

const StartChatInput = builder.inputType('StartChatInput', {
  description: 'The document to talk about.',
  fields: (t) => ({ documentId: t.id({ required: true, description: 'doc_…' }), idempotencyKey: idempotencyKey(t) }),
});

const StartChatPayload = builder.objectRef<{ chat: Chat }>('StartChatPayload').implement({
  description: 'Answer to startChat.',
  fields: (t) => ({ chat: t.expose('chat', { type: ChatRef, description: 'The chat, which is empty.' }) }),
});

const SendChatMessageInput = builder.inputType('SendChatMessageInput', {
  description: 'A question. sectionIds narrows what the answer may draw on.',
  fields: (t) => ({
    chatId: t.id({ required: true, description: 'cht_…' }),
    text: t.string({ required: true, description: 'The question, 1 to 10,000 characters.' }),
    sectionIds: t.idList({
      description:
        "Only these of the document's sections, at most 500. When left out or empty, what fits the question best is looked for in the whole document.",
    }),
    idempotencyKey: idempotencyKey(t),
  }),
});

const SendChatMessagePayload = builder
  .objectRef<{ message: ChatMessage; reply: ChatMessage }>('SendChatMessagePayload')
  .implement({
    description: "reply is the assistant's message, QUEUED: subscribe to chatEvents with its id.",
    fields: (t) => ({
      message: t.expose('message', { type: ChatMessageRef, description: 'The question as it was stored.' }),
      reply: t.expose('reply', { type: ChatMessageRef, description: "The assistant's message, to be answered." }),
    }),
  });

const CancelChatMessageInput = builder.inputType('CancelChatMessageInput', {
  description: 'The answer to cancel.',
  fields: (t) => ({
    id: t.id({ required: true, description: "msg_… of an assistant's message." }),
    idempotencyKey: idempotencyKey(t),
  }),
});

const CancelChatMessagePayload = builder.objectRef<{ message: ChatMessage }>('CancelChatMessagePayload').implement({
  description: 'Answer to cancelChatMessage.',
  fields: (t) => ({
    message: t.expose('message', { type: ChatMessageRef, description: 'The message, cancelled.' }),
  }),
});

builder.mutationFields((t) => ({
  startChat: t.field({
    type: StartChatPayload,
    description: 'Opens a conversation about a document. CONFLICT unless the document is READY.',
    args: { input: t.arg({ type: StartChatInput, required: true, description: 'What to talk about.' }) },
    resolve: async (_root, { input }, { services, caller }) => ({ chat: await services.chats.start(caller, input) }),
  }),
  sendChatMessage: t.field({
    type: SendChatMessagePayload,
    description:
      'Asks a question and queues its answer. CONFLICT while the last question of the chat is still being answered.',
    args: { input: t.arg({ type: SendChatMessageInput, required: true, description: 'What to ask.' }) },
    resolve: (_root, { input }, { services, caller }) => services.chatMessages.send(caller, input),
  }),
  cancelChatMessage: t.field({
    type: CancelChatMessagePayload,
    description:
      'Ends an answer at once, whether queued or streaming; cancelling again changes nothing. One that has ended otherwise is a CONFLICT.',
    args: { input: t.arg({ type: CancelChatMessageInput, required: true, description: 'What to cancel.' }) },
    resolve: async (_root, { input }, { services, caller }) => ({
      message: await services.chatMessages.cancel(caller, input),
    }),
  }),
}));
