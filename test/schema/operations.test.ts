import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildSchema,
  FieldsOnCorrectTypeRule,
  isEnumType,
  isInputObjectType,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { findPackageRoot } from '../../src/package-root.ts';

const root = findPackageRoot(import.meta.dirname);
const schema = buildSchema(readFileSync(join(root, 'schema', 'schema.graphql'), 'utf8'));
const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
const operations = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(isObjectType);

/** What may stand within parentheses, or by itself as a part of an input. */
const inputNames = new Set(
  types.flatMap((type) => {
    if (isInputObjectType(type)) return Object.keys(type.getFields());
    if (isEnumType(type)) return type.getValues().map(({ name }) => name);
    return isObjectType(type)
      ? Object.values(type.getFields()).flatMap(({ args }) => args.map(({ name }) => name))
      : [];
  }),
);

/** Everything in the third column that is set as code and means GraphQL, not a route or a setting. */
const snippets = readFileSync(join(root, 'docs', 'operations.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .flatMap((line) => [...(line.split('|')[3] ?? '').matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? ''))
  .filter((code) => !code.includes('/') && !code.startsWith('S3_'));

const parentheses = /\([^()]*\)/g;

const namesIn = (code: string): string[] => code.match(/[A-Za-z_]\w*/g) ?? [];

const unknownInputs = (code: string): string[] =>
  namesIn(code).filter((name) => name !== 'true' && !inputNames.has(name));

/** What is wrong with it, by the schema: fields where they stand, and the names of arguments and values. */
function mistakesIn(snippet: string): string[] {
  const [first = ''] = namesIn(snippet);
  const operation = operations.find((type) => type.getFields()[first])?.name.toLowerCase();
  if (!operation) return unknownInputs(snippet);
  const [selection, inputs] = [snippet.replaceAll(parentheses, ''), snippet.match(parentheses)?.join() ?? ''];
  const document = parse(`${operation} { ${selection.replaceAll('…', '__typename')} }`);
  const mistakes = validate(schema, document, [FieldsOnCorrectTypeRule]);
  return [...mistakes.map(({ message }) => message), ...unknownInputs(inputs)];
}

describe('what docs/operations.md tells to use', () => {
  it('is in the schema', () => {
    expect(snippets.length).toBeGreaterThan(40);
    expect(snippets.flatMap(mistakesIn)).toEqual([]);
  });

  it('is every mutation there is', () => {
    const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {});
    const named = new Set(snippets.map((snippet) => /^\w+/.exec(snippet)?.[0]));
    expect(mutations.filter((name) => !named.has(name))).toEqual([]);
  });
});
