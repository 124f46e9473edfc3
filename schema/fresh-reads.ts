import { defaultFieldResolver, type GraphQLSchema } from 'graphql';
import type { Context } from './context.ts';

/**
 * Lets each mutation of a request show what is true behind it, whatever a mutation before it in the same request has read: the fields of a
 * mutation run one after another, each from its change to the last field of its answer. What a mutation reads before its change is kept for
 * its answer, such as the cursor of a document whose analyses it queues.
 */
export function withFreshReads(schema: GraphQLSchema): GraphQLSchema {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve = defaultFieldResolver } = field;
    field.resolve = (root, args, context: Context, info) => {
      context.renewLoaders();
      return resolve(root, args, context, info);
    };
  }
  return schema;
}
