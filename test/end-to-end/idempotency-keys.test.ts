import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { findPackageRoot } from '../../src/package-root.ts';
import { startPrism, type Prism } from '../support/prism.ts';
import { cases, mutate, newKey } from './idempotency-cases.ts';

const schema = buildSchema(
  readFileSync(join(findPackageRoot(import.meta.dirname), 'schema', 'schema.graphql'), 'utf8'),
);
const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {});

/*
 * What the schema promises of an idempotencyKey, for each mutation there is.
 */
describe('an idempotency key', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism({ workers: 0 });
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(() => prism.close());

  it('is known to every mutation, each of which has a case here', () => {
    expect(Object.keys(cases).toSorted()).toEqual(mutations.toSorted());
  });

  it.each(mutations)('lets %s be done once, answers the same again, and refuses another input', async (name) => {
    const prepared = await cases[name]?.prepare(prism);
    if (!prepared) throw new Error(`Add a case of ${name} to idempotency-cases.ts.`);
    const { input, other, times } = prepared;
    const idempotencyKey = newKey();
    const first = await mutate(prism, name, { ...input, idempotencyKey });
    expect(first.errors).toBeUndefined();
    expect(await mutate(prism, name, { ...input, idempotencyKey })).toEqual(first);
    expect(await times()).toBe(1);
    const { errors } = await mutate(prism, name, { ...other, idempotencyKey });
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining('idempotencyKey'),
      extensions: { code: 'CONFLICT' },
    });
    expect(await times()).toBe(1);
    // Nothing but the key stood against it.
    expect((await mutate(prism, name, other)).errors).toBeUndefined();
  });
  it('has createUpload make no second upload when the first was completed meanwhile, and give no link to change its bytes', async () => {
    const bytes = '# Term\n';
    const idempotencyKey = newKey();
    const input = { sessionId: await prism.createSession(), filename: 'a.md', sizeBytes: bytes.length, idempotencyKey };
    const query = 'mutation($input: CreateUploadInput!) { createUpload(input: $input) { uploadId url } }';
    const { uploadId, url } = (await prism.ask(query, { input })).createUpload;
    expect((await fetch(url, { method: 'PUT', body: bytes })).ok).toBe(true);
    expect((await mutate(prism, 'completeUpload', { uploadId })).errors).toBeUndefined();
    expect((await mutate(prism, 'createUpload', input)).errors?.[0]).toMatchObject({
      message: `There is no open upload ${uploadId}. It may be completed or expired; begin another.`,
      extensions: { code: 'NOT_FOUND' },
    });
  });
});
