import { setTimeout as sleep } from 'node:timers/promises';
import { buildSchema, defaultFieldResolver, isObjectType, parse, type ExecutionResult } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createCompiledExecution } from '../../src/server/compiled-execution.ts';
import { silentLogger } from '../support/silent-logger.ts';

const typeDefs = `
  interface Event { cursor: String! }
  type Finding { title: String! risk: String }
  type Found implements Event { cursor: String! finding: Finding places(first: Int = 2): [Int!]! secret: String required: String! }
  type Delta implements Event { cursor: String! text: String! }
  union Any = Found | Delta
  type Query { ok: Boolean }
  type Subscription { events(after: String): Any }
`;

const interpreter = 'graphql/execution/execute';
const uses = 400;

/** A schema whose resolvers tell who called them. */
function createRuns() {
  const callers: ('interpreter' | 'compiled')[] = [];
  const schema = buildSchema(typeDefs);
  // Every field of the product's schema has a resolver.
  for (const type of Object.values(schema.getTypeMap()).filter(isObjectType))
    for (const field of Object.values(type.getFields())) field.resolve = defaultFieldResolver;
  const events = schema.getSubscriptionType()?.getFields()['events'];
  if (events)
    events.resolve = (event) => {
      callers.push((new Error('where').stack ?? '').includes(interpreter) ? 'interpreter' : 'compiled');
      return event;
    };
  const runOf = createCompiledExecution(schema, silentLogger);
  return { runOf, callers };
}

const found = {
  __typename: 'Found',
  cursor: 'c1',
  finding: async () => ({ title: 'A "title"\nof two lines', risk: null }),
  places: ({ first }: { first: number }) => [1, 2, 3].slice(0, first),
  secret: () => {
    throw new Error('not to be told');
  },
  required: () => null,
};
const delta = { __typename: 'Delta', cursor: 'c2', text: '\u{1F4C4} 007' };

const cases: readonly [string, string, Record<string, unknown>, object][] = [
  ['a plain event', '{ events { __typename ... on Event { cursor } ... on Delta { text } } }', {}, delta],
  ['aliases and fragments', '{ e: events { ...E } } fragment E on Delta { a: text b: text }', {}, delta],
  ['a field that is read later', '{ events { ... on Found { cursor finding { title risk } } } }', {}, found],
  ['arguments and their defaults', '{ events { ... on Found { two: places one: places(first: 1) } } }', {}, found],
  ['a field that fails', '{ events { ... on Found { cursor secret } } }', {}, found],
  ['a null that must not be', '{ events { ... on Found { cursor required } } }', {}, found],
  [
    'directives with variables',
    '($first: Int, $isLong: Boolean = true) { events { ... on Found { places(first: $first) @include(if: $isLong) cursor @skip(if: $isLong) } } }',
    { first: 3 },
    found,
  ],
];

describe('a selection that many events pass through', () => {
  it.each(cases)('gives the same compiled as interpreted: %s', async (_name, selection, variableValues, event) => {
    const { runOf, callers } = createRuns();
    const document = parse(`subscription S${selection}`);
    const results: ExecutionResult[] = [];
    for (let use = 0; use < uses; use += 1) {
      results.push(await runOf({ document, variableValues })(event, {}, variableValues));
      // The compiler is being loaded.
      if (use % 100 === 0) await sleep(use);
    }
    expect(callers[0]).toBe('interpreter');
    expect(callers.slice(-2)).toContain('compiled');
    const [first, ...others] = new Set(results.map((result) => JSON.stringify(result)));
    expect(others).toEqual([]);
    expect(first).toContain('"data":{"e');
  });
});
