import { pageRequest } from '../src/services/page.ts';
import type { Session as SessionRow } from '../src/db.ts';
import { requireId } from '../src/ids.ts';
import { ActivityConnection } from './activity.ts';
import { builder } from './builder.ts';
import { connectionOf, pageArgs } from './connection.ts';
import { DocumentConnection } from './document.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { Node, registerNode } from './node.ts';
import { SessionRef } from './refs.ts';
import { statisticsOfSession, Statistics } from './statistics.ts';

const Session = SessionRef.implement({
  description:
    "One reviewer's piece of work: a set of documents with their analyses and chats. Owned by the caller's tenant.",
  interfaces: [Node],
  fields: (t) => ({
    title: t.exposeString('title', { description: 'As given by whoever made it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was changed last.' }),
    activity: t.field({
      type: ActivityConnection,
      description: 'Who did what, newest first: uploads, analyses, decisions, chats, deletions.',
      args: pageArgs,
      resolve: async (session, args, { loaders }) => {
        const request = pageRequest(args);
        return {
          page: await loaders.activityOfSession(request).load(session.id),
          request,
          count: () => loaders.activityCount.load(session.id),
        };
      },
    }),
    statistics: t.field({
      type: Statistics,
      description: 'Figures over its documents and all that belongs to them, since it was made.',
      resolve: ({ id }, _args, { loaders }) => statisticsOfSession(loaders, id),
    }),
    documents: t.field({
      type: DocumentConnection,
      description: 'Its documents, oldest first.',
      args: pageArgs,
      resolve: async (session, args, { loaders }) => {
        const request = pageRequest(args);
        return {
          page: await loaders.documentsOfSession(request).load(session.id),
          request,
          count: () => loaders.documentCount.load(session.id),
        };
      },
    }),
  }),
});

registerNode('Session', ({ loaders }, id) => loaders.session.load(id));

const SessionConnection = connectionOf('Session', Session, 'sessions');

builder.queryFields((t) => ({
  sessions: t.field({
    type: SessionConnection,
    description: 'All sessions of the caller, newest first.',
    args: pageArgs,
    resolve: async (_root, args, { services, caller }) => {
      const request = pageRequest(args);
      return {
        page: await services.sessions.list(caller, request),
        request,
        count: () => services.sessions.count(caller),
      };
    },
  }),
  session: t.field({
    type: Session,
    nullable: true,
    description: 'One session; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'ses_…' }) },
    resolve: (_root, { id }, { loaders }) => loaders.session.load(requireId('Session', id)),
  }),
}));

const CreateSessionInput = builder.inputType('CreateSessionInput', {
  description: 'A new session.',
  fields: (t) => ({
    title: t.string({ required: true, description: '1 to 300 characters.' }),
    idempotencyKey: idempotencyKey(t),
  }),
});

const CreateSessionPayload = builder.objectRef<{ session: SessionRow }>('CreateSessionPayload').implement({
  description: 'Answer to createSession.',
  fields: (t) => ({ session: t.expose('session', { type: Session, description: 'The session that was made.' }) }),
});

const DeleteSessionInput = builder.inputType('DeleteSessionInput', {
  description: 'The session to delete.',
  fields: (t) => ({ id: t.id({ required: true, description: 'ses_…' }), idempotencyKey: idempotencyKey(t) }),
});

const DeleteSessionPayload = builder.objectRef<{ deletedId: string }>('DeleteSessionPayload').implement({
  description: 'Answer to deleteSession.',
  fields: (t) => ({ deletedId: t.exposeID('deletedId', { description: 'Id of what is gone.' }) }),
});

builder.mutationFields((t) => ({
  createSession: t.field({
    type: CreateSessionPayload,
    description: 'Makes a session.',
    args: { input: t.arg({ type: CreateSessionInput, required: true, description: 'The new session.' }) },
    resolve: async (_root, { input }, { services, caller }) => ({
      session: await services.sessions.create(caller, input),
    }),
  }),
  deleteSession: t.field({
    type: DeleteSessionPayload,
    description:
      'Deletes a session with its documents, analyses, findings and chats, also while they are being worked on.',
    args: { input: t.arg({ type: DeleteSessionInput, required: true, description: 'What to delete.' }) },
    resolve: async (_root, { input }, { services, caller }) => ({
      deletedId: await services.sessions.delete(caller, input),
    }),
  }),
}));
