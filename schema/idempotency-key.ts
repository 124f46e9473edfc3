import type { builder } from './builder.ts';

type InputFields = PothosSchemaTypes.InputFieldBuilder<typeof builder.$inferSchemaTypes, 'InputObject'>;

/** The field that every mutation's input has. */
export const idempotencyKey = (t: InputFields) =>
  t.string({
    description:
      'Up to 200 characters of your choice: the same key and input within 24 hours returns the first result instead of doing it again.',
  });
