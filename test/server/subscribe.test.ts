import { buildSchema, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { startPushing } from '../../src/server/push-payloads.ts';
import { createSharedExecution } from '../../src/server/shared-execution.ts';
import { createSubscribe } from '../../src/server/subscribe.ts';
import { createSubscriptionLimit } from '../../src/server/subscription-limit.ts';
import { finishedFeed, type CursoredEvent } from '../../src/services/event-feed.ts';
import { silentLogger } from '../support/silent-logger.ts';

const schema = buildSchema(
  'type Event { tenant: String } type Query { ok: Boolean } type Subscription { events: Event }',
);
const document = parse('subscription { events { tenant } }');
const event = { cursor: 'c1', at: new Date(0), attempt: 1, data: { type: 'analysis:cancelled', analysisId: 'x' } };

describe('subscriptions of several tenants to the same events', () => {
  it('are each executed with the rights of their own tenant, with one shared execution for all', async () => {
    const field = schema.getSubscriptionType()?.getFields()['events'];
    if (field) field.resolve = (_event, _args, { tenantId }) => ({ tenant: tenantId });
    const share = createSharedExecution({
      schema,
      contextFor: (tenantId) => ({ tenantId }),
      toClientErrors: (errors) => errors,
      logger: silentLogger,
    });
    const subscribe = createSubscribe({ share, limit: createSubscriptionLimit(10), logger: silentLogger });
    const executions = ['acme', 'other', 'acme'].map(async (tenantId) => {
      const rootValue = { events: () => finishedFeed([event as CursoredEvent]) };
      const contextValue = { caller: { tenantId }, services: {} };
      const subscribed = await subscribe({ schema, document, rootValue, contextValue });
      if (subscribed.kind !== 'pushed') throw new Error(`It is ${subscribed.kind}.`);
      const { subscription } = subscribed;
      const written: string[] = [];
      const write = ({ json }: { json: string }): boolean => written.push(json) > 0;
      await new Promise((resolve) => startPushing(subscription, { write, ended: resolve }));
      return written;
    });
    const ofTenant = (tenant: string) => [JSON.stringify({ data: { events: { tenant } } })];
    expect(await Promise.all(executions)).toEqual([ofTenant('acme'), ofTenant('other'), ofTenant('acme')]);
  });
});
