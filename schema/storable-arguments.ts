import {
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLFieldResolver,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';
import { storable } from '../src/storable-text.ts';

/**
 * Makes every text that a client passes, in whatever field and by whatever transport, one that can be stored, before any resolver sees it:
 * no service has to think of it. Changes the schema that it is given.
 */
export function withStorableArguments(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    // Those of introspection belong to all schemas of the process.
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.args.length === 0) continue;
      if (field.resolve) field.resolve = withStorable(field.resolve, field.args);
      if (field.subscribe) field.subscribe = withStorable(field.subscribe, field.args);
    }
  }
  return schema;
}

type Resolver = GraphQLFieldResolver<unknown, unknown>;

const withStorable =
  (resolve: Resolver, args: readonly GraphQLArgument[]): Resolver =>
  (source, given, context, info) =>
    resolve(source, storableFields(given, args), context, info);

function storableFields(values: object, fields: readonly (GraphQLArgument | GraphQLInputField)[]) {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]: [string, unknown]) => {
      const field = fields.find((each) => each.name === name);
      return [name, field ? storableValue(value, field.type) : value];
    }),
  );
}

function storableValue(value: unknown, type: GraphQLInputType): unknown {
  if (typeof value === 'string') return storable(value);
  if (isNonNullType(type)) return storableValue(value, type.ofType);
  if (isListType(type) && Array.isArray(value)) return value.map((item) => storableValue(item, type.ofType));
  // A file or a date is an object as well, but a leaf.
  if (isInputObjectType(type) && typeof value === 'object' && value !== null) {
    return storableFields(value, Object.values(type.getFields()));
  }
  return value;
}
