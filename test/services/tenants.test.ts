import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localCaller, type Caller } from '../../src/services/caller.ts';
import type { Services } from '../../src/services/services.ts';
import { startPrism, type Prism } from '../support/prism.ts';
import { cases, makeOwn, type Own } from './tenant-cases.ts';

describe('what a tenant has', () => {
  let prism: Prism;
  let services: Services;
  let own: Own;
  beforeAll(async () => {
    prism = await startPrism({ workers: 0 });
    ({ services } = prism.server.runtime);
    own = await makeOwn(prism);
  });
  afterAll(() => prism.close());

  const others: Caller = { tenantId: 'others', actor: 'mallory' };

  it.each(Object.entries(cases))('is not there for others in %s', async (_name, { ask, others: expected }) => {
    const asked = async (caller: Caller, of: Own): Promise<unknown> => ask(services, caller, of);
    // Whatever the owner does to it, the next case has its own.
    if (expected === 'NOT_FOUND') {
      const changed = await makeOwn(prism);
      await expect(asked(others, changed)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await asked(localCaller, changed);
    } else {
      expect(await asked(others, own)).toEqual(expected.get);
      expect(await asked(localCaller, own)).not.toEqual(expected.get);
    }
  });

  it("is no hindrance for others: names and idempotency keys are each tenant's own", async () => {
    const idempotencyKey = 'made at once';
    const make = async (caller: Caller, title: string) => {
      const checks = [{ ref: 'TERM-1', title, guidance: 'Is there an end?' }];
      const session = await services.sessions.create(caller, { title, idempotencyKey });
      const playbook = await services.playbooks.create(caller, { name: 'Terms', description: '', checks });
      return { title: session.title, check: playbook.checks[0]?.title };
    };
    expect(await make(localCaller, 'ours')).toEqual({ title: 'ours', check: 'ours' });
    expect(await make({ ...others, tenantId: 'yet others' }, 'theirs')).toEqual({ title: 'theirs', check: 'theirs' });
  });
});
