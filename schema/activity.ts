import type { Activity as ActivityRow } from '../src/db.ts';
import { builder } from './builder.ts';
import { connectionOf } from './connection.ts';

const Activity = builder.objectRef<ActivityRow>('Activity').implement({
  description: 'Something that somebody did in a session.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'act_…' }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    actor: t.exposeString('actor', { description: 'Who.' }),
    action: t.exposeString('action', { description: 'What, for example document.uploaded or feedback.decided.' }),
    subject: t.exposeID('subject', { nullable: true, description: 'Id of what it was done to; it may be gone.' }),
    detail: t.exposeString('detail', { nullable: true, description: 'What is worth knowing of it.' }),
  }),
});

export const ActivityConnection = connectionOf('Activity', Activity, 'activities');
