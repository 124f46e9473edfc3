import { buildSchema, GraphQLError, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createSharedExecution } from '../../src/server/shared-execution.ts';
import type { CursoredEvent } from '../../src/services/event-feed.ts';
import { silentLogger } from '../support/silent-logger.ts';

const typeDefs = `
  type Event { cursor: String! tenant: String! slow: String! broken: String }
  type Query { ok: Boolean }
  type Subscription { events(after: String): Event! }
`;

/** A schema whose resolvers count how often they run, and in which contexts. */
function createShare() {
  const ran = { tenant: 0, slow: 0 };
  const contexts: object[] = [];
  const schema = buildSchema(typeDefs);
  const event = (context: { tenantId: string }, { cursor }: CursoredEvent) => ({
    cursor,
    tenant: () => {
      ran.tenant += 1;
      return context.tenantId;
    },
    slow: async () => {
      ran.slow += 1;
      await new Promise(setImmediate);
      return 'read';
    },
    broken: () => {
      throw new GraphQLError('secret');
    },
  });
  const field = schema.getSubscriptionType()?.getFields()['events'];
  if (field) field.resolve = (source, _args, context) => event(context, source);
  const share = createSharedExecution({
    schema,
    contextFor: (tenantId) => {
      const context = { tenantId };
      contexts.push(context);
      return context;
    },
    toClientErrors: (errors) => errors.map(() => new GraphQLError('masked')),
    logger: silentLogger,
  });
  return { share, ran, contexts };
}

const newEvent = (cursor = 'c1'): CursoredEvent =>
  ({ cursor, at: new Date(0), attempt: 1, data: { type: 'analysis:cancelled', analysisId: 'x' } }) as const;

const selection = parse('subscription S($after: String) { events(after: $after) { cursor tenant } }');
const conditional = parse(
  'subscription($after: String, $isLong: Boolean = true) { events(after: $after) { cursor tenant @include(if: $isLong) } }',
);
const of = (variableValues: Record<string, unknown> = {}, document = selection) => ({ document, variableValues });

describe('subscriptions that select the same', () => {
  it('with the same rights execute and serialise an event once, wherever each of them began', () => {
    const { share, ran } = createShare();
    const event = newEvent();
    const made = ['c0', null, 'c7'].map((after) => share(of({ after }), 'acme')(event));
    expect(ran.tenant).toBe(1);
    // One and the same object: the text is not made again either.
    for (const payload of made) expect(payload).toBe(made[0]);
    expect(made[0]).toEqual({ json: '{"data":{"events":{"cursor":"c1","tenant":"acme"}}}', bytes: 51, cursor: 'c1' });
  });

  it('with other rights get what those rights give, each in its own context', () => {
    const { share, ran, contexts } = createShare();
    const event = newEvent();
    const [mine, theirs] = ['acme', 'other'].map((tenant) => share(of(), tenant)(event));
    expect(ran.tenant).toBe(2);
    expect(mine).toMatchObject({ json: expect.stringContaining('"tenant":"acme"') });
    expect(theirs).toMatchObject({ json: expect.stringContaining('"tenant":"other"') });
    expect(new Set(contexts).size).toBe(2);
  });

  it('run in a context that is new for each event, so that nothing of an earlier one is answered again', () => {
    const { share, contexts } = createShare();
    const executeEvent = share(of(), 'acme');
    void executeEvent(newEvent('c1'));
    void executeEvent(newEvent('c2'));
    expect(new Set(contexts).size).toBe(2);
  });

  it('share what resolvers read while it is being read', async () => {
    const { share, ran } = createShare();
    const document = parse('subscription { events { slow } }');
    const event = newEvent();
    const made = await Promise.all([1, 2, 3].map(async () => share(of({}, document), 'acme')(event)));
    expect(ran.slow).toBe(1);
    expect(new Set(made).size).toBe(1);
  });

  it('go on when the first of them is gone: none owns the work', () => {
    const { share } = createShare();
    let first: ReturnType<typeof share> | null = share(of(), 'acme');
    const second = share(of(), 'acme');
    void first(newEvent('c1'));
    first = null;
    expect(second(newEvent('c2'))).toMatchObject({ cursor: 'c2' });
  });
});

describe('subscriptions that do not select the same', () => {
  it('do not share: a variable below the root field is part of what is selected, with its default', () => {
    const { share, ran } = createShare();
    const event = newEvent();
    const texts = [{}, { isLong: true }, { isLong: false }].map((variables) =>
      share(of(variables, conditional), 'acme')(event),
    );
    expect(ran.tenant).toBe(2);
    expect(texts).toMatchObject([
      { json: expect.stringContaining('tenant') },
      { json: expect.stringContaining('tenant') },
      { json: '{"data":{"events":{"cursor":"c1"}}}' },
    ]);
  });

  it('do not share: an operation of another name in the same document is another one', () => {
    const { share } = createShare();
    const document = parse('subscription A { events { cursor } } subscription B { events { tenant } }');
    const event = newEvent();
    const [a, b] = ['A', 'B'].map((operationName) =>
      share({ document, operationName, variableValues: {} }, 'acme')(event),
    );
    expect([a, b]).toMatchObject([
      { json: '{"data":{"events":{"cursor":"c1"}}}' },
      { json: '{"data":{"events":{"tenant":"acme"}}}' },
    ]);
  });
});

it('errors of a shared execution are masked, once for all', () => {
  const { share } = createShare();
  const payload = share(of({}, parse('subscription { events { broken } }')), 'acme')(newEvent());
  expect(payload).toMatchObject({ json: expect.not.stringContaining('secret') });
  expect(payload).toMatchObject({ json: expect.stringContaining('masked') });
});
