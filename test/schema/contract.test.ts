import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  printSchema,
  lexicographicSortSchema,
  type GraphQLArgument,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../schema/schema.ts';
import { findPackageRoot } from '../../src/package-root.ts';

const root = findPackageRoot(import.meta.dirname);
const contractPath = join(root, '..', 'shared', 'contract', 'schema.graphql');
const missingPath = join(root, 'schema', 'contract-missing.txt');

/** Every part of a schema as one line, so that two schemas compare as two sets. */
function partsOf(of: GraphQLSchema): Set<string> {
  const parts = new Set<string>();
  for (const type of Object.values(of.getTypeMap())) {
    if (!type.name.startsWith('__')) for (const part of partsOfType(type)) parts.add(part);
  }
  return parts;
}

function partsOfType(type: GraphQLNamedType): string[] {
  if (isEnumType(type)) return [type.name, ...type.getValues().map(({ name }) => `${type.name}.${name}`)];
  if (isUnionType(type)) return [type.name, ...type.getTypes().map(({ name }) => `${type.name} | ${name}`)];
  if (isInputObjectType(type)) {
    return [
      type.name,
      ...Object.values(type.getFields()).map((field) => `${type.name}.${field.name}: ${String(field.type)}`),
    ];
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return [type.name];
  return [
    type.name,
    ...type.getInterfaces().map(({ name }) => `${type.name} implements ${name}`),
    ...Object.values(type.getFields()).flatMap((field) => [
      `${type.name}.${field.name}: ${String(field.type)}`,
      ...field.args.map((arg) => `${type.name}.${field.name}(${arg.name}: ${String(arg.type)})`),
    ]),
  ];
}

describe('the public schema', () => {
  const hasContract = existsSync(contractPath);
  // oxlint-disable-next-line no-console -- a skipped test must be noticed
  if (!hasContract) console.warn(`SKIPPED: there is no contract at ${contractPath} to compare the schema with.`);

  it.skipIf(!hasContract)('lacks of the contract exactly what contract-missing.txt names', () => {
    const own = partsOf(schema);
    const wanted = partsOf(buildSchema(readFileSync(contractPath, 'utf8')));
    const missing = [...wanted].filter((part) => !own.has(part)).toSorted();
    const listed = readFileSync(missingPath, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(missing).toEqual(listed);
  });

  it('is the one that is printed in schema/schema.graphql', () => {
    const printed = readFileSync(join(root, 'schema', 'schema.graphql'), 'utf8');
    expect(printed, 'run "npm run docs"').toBe(`${printSchema(lexicographicSortSchema(schema))}\n`);
  });

  it('describes every type, field, argument and enum value', () => {
    const undescribed = Object.values(schema.getTypeMap())
      .filter((type) => !type.name.startsWith('__') && !['ID', 'Int', 'Float', 'String', 'Boolean'].includes(type.name))
      .flatMap((type) => [
        ...(type.description ? [] : [type.name]),
        ...(isEnumType(type)
          ? type
              .getValues()
              .filter((value) => !value.description)
              .map((value) => `${type.name}.${value.name}`)
          : []),
        ...(isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)
          ? Object.values(type.getFields()).flatMap((field) => [
              ...(field.description ? [] : [`${type.name}.${field.name}`]),
              ...('args' in field
                ? field.args
                    .filter((arg: GraphQLArgument) => !arg.description)
                    .map((arg: GraphQLArgument) => `${type.name}.${field.name}(${arg.name})`)
                : []),
            ])
          : []),
      ]);
    expect(undescribed).toEqual([]);
  });
});
