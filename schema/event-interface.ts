import type { EventData, EventType } from '../src/events/event-types.ts';
import type { CursoredEvent } from '../src/services/event-feed.ts';
import { builder } from './builder.ts';

/** An event of one type, as its resolvers get it. */
export type EventOf<T extends EventType> = Omit<CursoredEvent, 'data'> & {
  readonly data: Extract<EventData, { type: T }>;
};

export const Event = builder.interfaceRef<CursoredEvent>('Event').implement({
  description: 'Every event carries its cursor, its time and the execution attempt it belongs to.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Pass it as `after` to go on behind this event.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it happened.' }),
    attempt: t.int({
      description: 'The execution attempt that it belongs to; 1 for the first.',
      resolve: ({ attempt }) => Math.max(1, attempt),
    }),
  }),
});
