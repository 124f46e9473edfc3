import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJobCatalog, type JobPayloads } from '../../src/queue/catalog.ts';
import { createJobQueue, type JobQueue } from '../../src/queue/job-queue.ts';
import { createRedis, type Redis } from '../../src/redis.ts';
import { createProbes } from '../../src/services/probes.ts';
import { testRedis } from '../support/services.ts';

describe('the health of the workers', () => {
  const { url, prefix } = testRedis();
  let redis: Redis;
  let queue: JobQueue;
  beforeAll(() => {
    redis = createRedis({ url, role: 'patient', name: 'test', onError: () => undefined });
    const config = {
      workerConcurrency: 1,
      analysisTasksPerMinute: 10,
      analysisTimeoutMs: 1_000,
      chatTasksPerMinute: 10,
      chatTimeoutMs: 1_000,
      parseTimeoutMs: 1_000,
    };
    queue = createJobQueue({ redis, prefix, catalog: createJobCatalog(config) });
  });
  afterAll(async () => {
    await queue.close();
    redis.disconnect();
  });

  const check = () => {
    const others = { db: null, redis, storage: null, bedrockHealth: null, isSimulated: true } as unknown;
    const probes = createProbes({ ...(others as Parameters<typeof createProbes>[0]), queue });
    return probes.find(({ name }) => name === 'workers')?.check(new AbortController().signal);
  };

  it('says how much of each kind waits, also what is put back and what goes in turns', async () => {
    const add = async <N extends keyof JobPayloads>(name: N, payload: JobPayloads[N], count: number, options = {}) => {
      for (let index = 0; index < count; index += 1) await queue.add(name, `${name}-${index}`, payload, options);
    };
    expect(await check()).toMatchObject({
      status: 'DOWN',
      detail: expect.stringContaining('0 worker processes; waiting: 0 documents, 0 analyses, 0 answers, 0 reports.'),
    });
    await add('parse-document', { documentId: 'd' }, 1);
    await add('analyze-section', { analysisId: 'a' }, 2, { priority: 5 });
    await add('answer-message', { messageId: 'm' }, 3, { delayMs: 60_000 });
    await add('render-report', { reportId: 'r' }, 4);
    expect(await check()).toMatchObject({
      detail: expect.stringContaining('waiting: 1 documents, 2 analyses, 3 answers, 4 reports.'),
    });
  });
});
