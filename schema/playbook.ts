import type { Check as CheckData } from '../src/review/playbook.ts';
import type { PlaybookView } from '../src/services/playbooks.ts';
import { requireId } from '../src/ids.ts';
import { builder } from './builder.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { Node, registerNode } from './node.ts';

export const Check = builder.objectRef<CheckData>('Check').implement({
  description: 'One thing that a review looks for.',
  fields: (t) => ({
    ref: t.exposeString('ref', { description: 'Short and stable within its playbook, for example PRIV-2.' }),
    title: t.exposeString('title', { description: 'In a few words.' }),
    guidance: t.exposeString('guidance', { description: 'What the model is told to look for.' }),
  }),
});

export const Playbook = builder.objectRef<PlaybookView>('Playbook').implement({
  description:
    'What a review looks for. Built in: general-risk (the default), contract, investigation; a tenant adds its own.',
  interfaces: [Node],
  fields: (t) => ({
    key: t.exposeString('key', { description: 'Its name in lower case, without blanks.' }),
    name: t.exposeString('name', { description: 'For people.' }),
    description: t.exposeString('description', { description: 'What it is for.' }),
    builtIn: t.exposeBoolean('builtIn', { description: 'Whether it comes with the product.' }),
    checks: t.field({ type: [Check], description: 'In order.', resolve: ({ checks }) => [...checks] }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made; 1970 for a built-in one.' }),
  }),
});

registerNode('Playbook', ({ loaders }, id) => loaders.playbook.load(id));

builder.queryFields((t) => ({
  playbooks: t.field({
    type: [Playbook],
    description: 'Those that come with the product, then the own ones.',
    resolve: (_root, _args, { services, caller }) => services.playbooks.list(caller),
  }),
  playbook: t.field({
    type: Playbook,
    nullable: true,
    description: 'One playbook; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'pbk_…' }) },
    resolve: (_root, { id }, { loaders }) => loaders.playbook.load(requireId('Playbook', id)),
  }),
}));

const CheckInput = builder.inputType('CheckInput', {
  description: 'One thing to look for.',
  fields: (t) => ({
    ref: t.string({
      required: true,
      description: 'Capital letters, a hyphen, a number: PRIV-2. Its own within the playbook.',
    }),
    title: t.string({ required: true, description: '1 to 200 characters.' }),
    guidance: t.string({ required: true, description: 'What to look for, 1 to 2,000 characters.' }),
  }),
});

const CreatePlaybookInput = builder.inputType('CreatePlaybookInput', {
  description: 'A playbook of your own.',
  fields: (t) => ({
    name: t.string({ required: true, description: '1 to 200 characters, not taken.' }),
    description: t.string({ required: true, description: 'What it is for; up to 2,000 characters.' }),
    checks: t.field({ type: [CheckInput], required: true, description: '1 to 100.' }),
    idempotencyKey: idempotencyKey(t),
  }),
});

const PlaybookPayload = builder.objectRef<{ playbook: PlaybookView }>('PlaybookPayload').implement({
  description: 'Answer to createPlaybook.',
  fields: (t) => ({ playbook: t.expose('playbook', { type: Playbook, description: 'The playbook that was made.' }) }),
});

const DeletePlaybookInput = builder.inputType('DeletePlaybookInput', {
  description: 'A playbook that documents use is a CONFLICT.',
  fields: (t) => ({ id: t.id({ required: true, description: 'pbk_…' }), idempotencyKey: idempotencyKey(t) }),
});

const DeletePlaybookPayload = builder.objectRef<{ deletedId: string }>('DeletePlaybookPayload').implement({
  description: 'Answer to deletePlaybook.',
  fields: (t) => ({ deletedId: t.exposeID('deletedId', { description: 'Id of what is gone.' }) }),
});

builder.mutationFields((t) => ({
  createPlaybook: t.field({
    type: PlaybookPayload,
    description: 'Makes a playbook of your own.',
    args: { input: t.arg({ type: CreatePlaybookInput, required: true, description: 'The playbook.' }) },
    resolve: async (_root, { input }, { services, caller }) => ({
      playbook: await services.playbooks.create(caller, input),
    }),
  }),
  deletePlaybook: t.field({
    type: DeletePlaybookPayload,
    description: 'Deletes a playbook of your own that no document uses.',
    args: { input: t.arg({ type: DeletePlaybookInput, required: true, description: 'Which one.' }) },
    resolve: async (_root, { input }, { services, caller }) => ({
      deletedId: await services.playbooks.delete(caller, input),
    }),
  }),
}));
