import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
} from 'graphql';
import type { Client } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../schema/schema.ts';
import { idPrefixes, newId, type IdKind } from '../../src/ids.ts';
import { startPrism, type GraphQLResult, type Prism } from '../support/prism.ts';

type Operation = 'query' | 'mutation' | 'subscription';
type Field = GraphQLField<unknown, unknown>;
/** A place in the schema where a client passes an id, which is of one of these kinds, or other text. */
type Slot = {
  operation: Operation;
  field: Field;
  path: readonly string[];
  type: 'ID' | 'String';
  kinds: readonly IdKind[];
};

const allKinds = Object.keys(idPrefixes) as IdKind[];
const node = schema.getType('Node');
const nodeNames = isInterfaceType(node) ? schema.getPossibleTypes(node).map(({ name }) => name) : [];
const nodeKinds = allKinds.filter((kind) => nodeNames.includes(kind));

/** A description begins with the prefix of the id that it wants, for example "doc_…", unless the name says it. */
function kindsOf({ name, description }: GraphQLArgument | GraphQLInputField): readonly IdKind[] {
  if (name === 'sectionIds') return ['Section'];
  if (/^Ids? of any type/.test(description ?? '')) return nodeKinds;
  return allKinds.filter((kind) => description?.startsWith(`${idPrefixes[kind]}_…`));
}

function slotsUnder(
  operation: Operation,
  field: Field,
  path: string[],
  at: GraphQLArgument | GraphQLInputField,
): Slot[] {
  const type = getNamedType(at.type);
  const here = [...path, at.name];
  if (type.name === 'ID') return [{ operation, field, path: here, type: 'ID', kinds: kindsOf(at) }];
  if (type.name === 'String') return [{ operation, field, path: here, type: 'String', kinds: [] }];
  if (!isInputObjectType(type)) return [];
  return Object.values(type.getFields()).flatMap((inner) => slotsUnder(operation, field, here, inner));
}

const roots = [
  ['query', schema.getQueryType()],
  ['mutation', schema.getMutationType()],
  ['subscription', schema.getSubscriptionType()],
] as const;
const textSlots = roots.flatMap(([operation, type]) =>
  Object.values(type?.getFields() ?? {}).flatMap((field: Field) =>
    field.args.flatMap((argument) => slotsUnder(operation, field, [], argument)),
  ),
);
const named = (slots: readonly Slot[]) =>
  slots.map((slot) => [`${slot.operation} ${slot.field.name}(${slot.path.join('.')})`, slot] as const);
const table = named(textSlots.filter(({ type }) => type === 'ID'));

/** Something that the type takes; `text` where the path leads, ids of nothing elsewhere. */
function valueFor(
  type: GraphQLInputType,
  at: GraphQLArgument | GraphQLInputField,
  path: readonly string[],
  text: string,
): unknown {
  if (isNonNullType(type)) return valueFor(type.ofType, at, path, text);
  if (isListType(type)) return [valueFor(type.ofType, at, path, text)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type)) return valuesFor(Object.values(type.getFields()), path, text);
  if (path.length === 0 && ['ID', 'String'].includes(type.name)) return text;
  if (type.name === 'ID') return newId(kindsOf(at)[0] ?? 'Session');
  return type.name === 'String' ? 'words' : 1;
}

function valuesFor(fields: readonly (GraphQLArgument | GraphQLInputField)[], path: readonly string[], text: string) {
  const [next, ...rest] = path;
  const wanted = fields.filter((field) => field.name === next || isRequiredInputField(field));
  return Object.fromEntries(
    // A path that leads elsewhere is never empty.
    wanted.map((field) => [field.name, valueFor(field.type, field, field.name === next ? rest : ['elsewhere'], text)]),
  );
}

const malformed = (prefix: string): string[] => {
  const [, suffix = ''] = newId('Session').split('_');
  return [
    prefix,
    `${prefix}_`,
    `${prefix}_x`,
    `${prefix}_${suffix.slice(1)}`,
    `${prefix}_${suffix}0`,
    `${prefix}_${suffix.toUpperCase()}`,
    // More than 128 bits.
    `${prefix}_8${suffix.slice(1)}`,
    // The alphabet has no u.
    `${prefix}_${suffix.slice(0, -1)}u`,
    `${prefix}_${prefix}_${suffix}`,
    ` ${prefix}_${suffix}`,
  ];
};

describe('ids and texts of clients', () => {
  let prism: Prism;
  let client: Client;
  let session: string;
  beforeAll(async () => {
    prism = await startPrism({ workers: 0 });
    client = prism.connect();
    session = await prism.createSession();
  });
  afterAll(() => prism.close());

  async function send({ operation, field, path }: Slot, id: string): Promise<GraphQLResult> {
    if (field.name === 'uploadDocument') {
      const isSession = path.at(-1) === 'sessionId';
      return prism.upload(isSession ? id : session, 'a.txt', 'words', undefined, isSession ? undefined : id);
    }
    const declared = field.args.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
    const passed = field.args.map(({ name }) => `${name}: $${name}`).join(', ');
    const selection = getNamedType(field.type);
    const query = `${operation}(${declared}) { ${field.name}(${passed}) ${'getFields' in selection || 'getTypes' in selection ? '{ __typename }' : ''} }`;
    const results = client.iterate({ query, variables: valuesFor(field.args, path, id) });
    try {
      const { value } = await results.next();
      return value as GraphQLResult;
    } catch (error) {
      // A subscription that is refused ends with the errors themselves.
      if (!Array.isArray(error)) throw error;
      return { data: null, errors: error };
    } finally {
      await results.return?.();
    }
  }

  it('have a kind wherever ids are passed', () => {
    expect(table.length).toBeGreaterThan(30);
    expect(table.filter(([, { kinds }]) => kinds.length === 0).map(([name]) => name)).toEqual([]);
  });

  it.each(table)('%s refuses one that no thing can have', async (_name, slot) => {
    for (const kind of slot.kinds) {
      for (const id of malformed(idPrefixes[kind])) {
        const { errors } = await send(slot, id);
        const [error] = errors ?? [];
        expect([id, error?.extensions.code, error?.message]).toEqual([
          id,
          'BAD_USER_INPUT',
          expect.stringContaining(`"${id}" is not an id`),
        ]);
      }
    }
  });

  it.each(table)('%s looks for one that a thing may have', async (_name, slot) => {
    for (const kind of slot.kinds) {
      const { errors } = await send(slot, newId(kind));
      expect([kind, errors?.[0]?.extensions.code ?? 'NOT_FOUND']).toEqual([kind, 'NOT_FOUND']);
    }
  });

  it.each(named(textSlots))('%s takes or refuses what no database could store', async (_name, slot) => {
    for (const text of ['\0', 'a\0b', '\ud83d', 'a\udc00']) {
      const { errors } = await send(slot, text);
      expect([text, errors?.[0]?.extensions.code]).not.toEqual([text, 'INTERNAL']);
    }
  });
});
