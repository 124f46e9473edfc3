import { builder } from './builder.ts';
import { typeName } from './event-type-names.ts';
import { Event, type EventOf } from './event-interface.ts';
import { AttemptRestarted, ModelFellBack, ModelSelected, ThinkingDelta, ThrottleWaiting } from './events.ts';
import { Problem } from './problem.ts';
import { ChatMessageRef } from './refs.ts';

const messageId = "The assistant's message that it belongs to.";

const ChatMessageStarted = builder.objectRef<EventOf<'message:started'>>('ChatMessageStarted').implement({
  description: 'A worker has taken the message up.',
  interfaces: [Event],
  fields: (t) => ({ messageId: t.id({ description: messageId, resolve: ({ data }) => data.messageId }) }),
});

const TextDelta = builder.objectRef<EventOf<'text:delta'>>('TextDelta').implement({
  description: 'A further piece of the answer, without the tags of its citations.',
  interfaces: [Event],
  fields: (t) => ({
    messageId: t.id({ description: messageId, resolve: ({ data }) => data.messageId }),
    text: t.string({ description: 'To be put behind what came before.', resolve: ({ data }) => data.text }),
  }),
});

const ChatMessageCompleted = builder.objectRef<EventOf<'message:completed'>>('ChatMessageCompleted').implement({
  description: 'The answer is complete. The last event of its log.',
  interfaces: [Event],
  fields: (t) => ({
    messageId: t.id({ description: messageId, resolve: ({ data }) => data.messageId }),
    message: t.field({
      type: ChatMessageRef,
      description: 'With its whole text and its citations.',
      resolve: ({ data }) => data.message,
    }),
  }),
});

const ChatMessageFailed = builder.objectRef<EventOf<'message:failed'>>('ChatMessageFailed').implement({
  description: 'There is no answer. The last event of its log.',
  interfaces: [Event],
  fields: (t) => ({
    messageId: t.id({ description: messageId, resolve: ({ data }) => data.messageId }),
    problem: t.field({ type: Problem, description: 'Why.', resolve: ({ data }) => data.problem }),
  }),
});

const ChatMessageCancelled = builder.objectRef<EventOf<'message:cancelled'>>('ChatMessageCancelled').implement({
  description: 'A caller ended the answer, or its document was deleted. The last event of its log.',
  interfaces: [Event],
  fields: (t) => ({ messageId: t.id({ description: messageId, resolve: ({ data }) => data.messageId }) }),
});

const ChatEvent = builder.unionType('ChatEvent', {
  description: "Whatever happens to an assistant's message.",
  types: [
    ChatMessageStarted,
    AttemptRestarted,
    ThrottleWaiting,
    ModelSelected,
    ModelFellBack,
    ThinkingDelta,
    TextDelta,
    ChatMessageCompleted,
    ChatMessageFailed,
    ChatMessageCancelled,
  ],
  resolveType: typeName,
});

builder.subscriptionField('chatEvents', (t) =>
  t.field({
    type: ChatEvent,
    description: "Everything that happens to one assistant's message; completes by itself behind its last event.",
    args: {
      messageId: t.arg.id({ required: true, description: "msg_… of an assistant's message." }),
      after: t.arg.string({ description: 'Go on behind this cursor; replay from the start when left out.' }),
    },
    subscribe: (_root, { messageId, after }, { services, caller, resumeAfter }) =>
      services.eventStreams.followMessage(caller, messageId, resumeAfter ?? after),
    // Members are told apart by `typeName`; a log holds no event that its union does not name.
    resolve: (event) => event as never,
  }),
);
