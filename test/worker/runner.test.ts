import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createJobCatalog } from '../../src/queue/catalog.ts';
import { createJobQueue, queueKeyPrefix } from '../../src/queue/job-queue.ts';
import { createRedis, type Redis } from '../../src/redis.ts';
import { done, type JobOutcome } from '../../worker/job-context.ts';
import { startRunner, type Handlers } from '../../worker/runner.ts';
import { testRedis } from '../support/services.ts';
import { silentLogger } from '../support/silent-logger.ts';

const stalledIntervalMs = 1_000;

describe('a runner', () => {
  const { url, prefix } = testRedis();
  const executions: { end(): void }[] = [];
  let redis: Redis;
  let queue: ReturnType<typeof createJobQueue>;
  let runner: ReturnType<typeof startRunner>;
  beforeAll(() => {
    redis = createRedis({ url, role: 'patient', name: 'test', onError: () => undefined });
    const config = {
      workerConcurrency: 2,
      analysisTasksPerMinute: 1_000,
      analysisTimeoutMs: 60_000,
      chatTasksPerMinute: 1_000,
      chatTimeoutMs: 60_000,
      parseTimeoutMs: 1,
    };
    const catalog = createJobCatalog(config);
    queue = createJobQueue({ redis, prefix, catalog });
    const ended = async (): Promise<JobOutcome> => done;
    const held = (): Promise<JobOutcome> => new Promise((resolve) => executions.push({ end: () => resolve(done) }));
    const handlers = Object.fromEntries(Object.keys(catalog).map((name) => [name, ended]));
    runner = startRunner({
      redis,
      prefix,
      catalog,
      handlers: { ...handlers, 'analyze-section': held } as unknown as Handlers,
      clock: systemClock,
      logger: silentLogger,
      stalledIntervalMs,
      shutdownGraceMs: 100,
    });
  });
  afterAll(async () => {
    for (const { end } of executions) end();
    await runner.close();
    await queue.close();
    redis.disconnect();
  });

  it('keeps a job that came back to it while it still ran it, when the former execution has ended', async () => {
    const id = randomUUID();
    await queue.add('analyze-section', id, { analysisId: id });
    await expect.poll(() => executions.length).toBe(1);
    const lock = `${queueKeyPrefix(prefix)}:analysis:${id}:lock`;
    await redis.del(lock);
    await expect.poll(() => executions.length, { timeout: 20_000 }).toBe(2);
    const token = await redis.get(lock);
    executions[0]?.end();
    await systemClock.sleep(5 * stalledIntervalMs);
    expect(executions).toHaveLength(2);
    expect(await redis.get(lock)).toBe(token);
    executions[1]?.end();
    await expect.poll(() => queue.present('analyze-section', [id])).toEqual(new Set());
  });
});
