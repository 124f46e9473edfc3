import type { Chat as ChatRow, ChatMessage as ChatMessageRow } from '../src/db.ts';
import type { Problem as ProblemData } from '../src/errors.ts';
import { requireId } from '../src/ids.ts';
import type { Evidence as EvidenceData } from '../src/review/evidence.ts';
import { pageRequest } from '../src/services/page.ts';
import { builder } from './builder.ts';
import { connectionOf, pageArgs } from './connection.ts';
import { ChatMessageStatus, ChatRole } from './enums.ts';
import { Evidence } from './feedback.ts';
import { Model, ModelAttempt } from './model.ts';
import { present } from './loaders.ts';
import { Node, registerNode } from './node.ts';
import { Problem } from './problem.ts';
import { ChatMessageRef, ChatRef, DocumentRef } from './refs.ts';
import { totalUsage, Usage } from './usage.ts';

const ChatMessage = ChatMessageRef.implement({
  description: "What a user asks about a document, or the assistant's answer to it.",
  interfaces: [Node],
  fields: (t) => ({
    chat: t.field({
      type: ChatRef,
      description: 'The conversation that it belongs to.',
      resolve: async ({ chatId }, _args, { loaders }) => present(await loaders.chat.load(chatId)),
    }),
    role: t.expose('role', { type: ChatRole, description: 'Who says it.' }),
    status: t.expose('status', {
      type: ChatMessageStatus,
      description: "How far an answer has come; COMPLETED in a user's message.",
    }),
    text: t.string({
      description:
        'Markdown, without the tags of its citations, as far as it has come. Of a cancelled answer what was said until then; empty in a failed one.',
      resolve: async (message, _args, { loaders }) =>
        hasBegun(message) ? (await loaders.answerSoFar.load(message)).text : message.text,
    }),
    thinking: t.string({
      description: "The model's own reasoning, as far as it has come.",
      resolve: async (message, _args, { loaders }) =>
        hasBegun(message) ? (await loaders.answerSoFar.load(message)).thinking : message.thinking,
    }),
    citations: t.field({
      type: [Evidence],
      description:
        'The passages of the document that the answer cites, in its order; those that were not found in the document are not verified. Empty until COMPLETED.',
      resolve: ({ citations }) => citations as unknown as EvidenceData[],
    }),
    modelUsed: t.field({
      type: Model,
      nullable: true,
      description: 'The model that answered; null until one has.',
      resolve: ({ modelKey }, _args, { services }) => (modelKey === null ? null : services.models.byKey(modelKey)),
    }),
    modelAttempts: t.field({
      type: [ModelAttempt],
      description: 'Every model attempt in order, also those that failed.',
      resolve: (message, _args, { loaders }) => loaders.modelAttemptsOfMessage.load(message.id),
    }),
    usage: t.field({
      type: Usage,
      description: 'Of all its model attempts so far.',
      resolve: async (message, _args, { loaders }) => totalUsage(await loaders.modelAttemptsOfMessage.load(message.id)),
    }),
    error: t.field({
      type: Problem,
      nullable: true,
      description: 'Why there is no answer, when status is FAILED.',
      resolve: ({ error }) => error as ProblemData | null,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was asked.' }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true, description: 'When the answer ended.' }),
    eventsCursor: t.string({
      description:
        'Position in its event log at the moment of this read: pass it to chatEvents(after:) to miss nothing and get nothing twice.',
      resolve: async (message, _args, { loaders }) =>
        hasBegun(message) ? (await loaders.answerSoFar.load(message)).cursor : loaders.messageCursor.load(message),
    }),
  }),
});

/** Its model has been asked, and its end is to come; it may have been put back to wait. */
const hasBegun = ({ status, attempt }: ChatMessageRow): boolean =>
  status === 'STREAMING' || (status === 'QUEUED' && attempt > 0);

const ChatMessageConnection = connectionOf('ChatMessage', ChatMessage, 'messages');

const Chat = ChatRef.implement({
  description: 'A conversation about a document.',
  interfaces: [Node],
  fields: (t) => ({
    document: t.field({
      type: DocumentRef,
      description: 'The document that it is about.',
      resolve: async ({ documentId }, _args, { loaders }) => present(await loaders.document.load(documentId)),
    }),
    messages: t.field({
      type: ChatMessageConnection,
      description: 'Questions and answers, oldest first.',
      args: pageArgs,
      resolve: async (chat, args, { loaders }) => {
        const request = pageRequest(args);
        return {
          page: await loaders.messagesOfChat(request).load(chat.id),
          request,
          count: () => loaders.messageCount.load(chat.id),
        };
      },
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was started.' }),
  }),
});

registerNode('Chat', ({ loaders }, id) => loaders.chat.load(id));
registerNode('ChatMessage', ({ loaders }, id) => loaders.chatMessage.load(id));

builder.objectField(DocumentRef, 'chats', (t) =>
  t.field({
    type: [Chat],
    description: 'Conversations about it, oldest first.',
    resolve: (document, _args, { loaders }): Promise<ChatRow[]> => loaders.chatsOfDocument.load(document.id),
  }),
);

builder.queryFields((t) => ({
  chat: t.field({
    type: Chat,
    nullable: true,
    description: 'One chat; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'cht_…' }) },
    resolve: (_root, { id }, { loaders }) => loaders.chat.load(requireId('Chat', id)),
  }),
  chatMessage: t.field({
    type: ChatMessage,
    nullable: true,
    description: 'One message of a chat; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'msg_…' }) },
    resolve: (_root, { id }, { loaders }) => loaders.chatMessage.load(requireId('ChatMessage', id)),
  }),
}));
