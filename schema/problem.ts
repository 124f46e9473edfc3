import type { Problem as ProblemData } from '../src/errors.ts';
import { builder } from './builder.ts';
import { ProblemCode } from './enums.ts';

export const Problem = builder.objectRef<ProblemData>('Problem').implement({
  description:
    "A failure that is part of a thing's state. Errors of a request itself are GraphQL errors whose extensions.code is a ProblemCode.",
  fields: (t) => ({
    code: t.expose('code', { type: ProblemCode, description: 'For programs.' }),
    message: t.exposeString('message', {
      description: 'For a person; names what to do next; holds no document content and no secret.',
    }),
    retryable: t.exposeBoolean('retryable', { description: 'Whether the same may succeed later.' }),
    retryAfterMs: t.int({
      nullable: true,
      description: 'How long to wait before trying again, where that is known.',
      resolve: (problem) => problem.retryAfterMs ?? null,
    }),
  }),
});
