import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withConfigTable } from '../src/config-table.ts';
import { ConfigError, loadConfig } from '../src/config.ts';
import { findPackageRoot } from '../src/package-root.ts';

const mistakesOf = (env: Record<string, string>): readonly string[] => {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
};

describe('the configuration', () => {
  it('has a default for everything', () => {
    expect(loadConfig({})).toMatchObject({
      port: 5000,
      requestsPerMinute: 30,
      workerConcurrency: 4,
      confidenceThreshold: 0.8,
    });
  });

  it('names every mistake, a line each', () => {
    expect(mistakesOf({ PORT: 'x', MAX_REQUESTS_PER_MINUTE: '0', REDIS_URL: 'nonsense', LOG_LEVEL: 'loud' })).toEqual([
      'PORT: must be a whole number from 0 to 65535',
      'REDIS_URL: must be a URL',
      expect.stringContaining('MAX_REQUESTS_PER_MINUTE: must be a whole number from 1'),
      expect.stringContaining('LOG_LEVEL: must be one of'),
    ]);
  });

  it('takes an empty variable for one that is not set', () => {
    expect(loadConfig({ PORT: '', REDIS_URL: '' })).toMatchObject({ port: 5000, redisUrl: null });
  });

  it('reads the name that the old system had', () => {
    expect(loadConfig({ CELERY_CONCURRENCY: '7' }).workerConcurrency).toBe(7);
    expect(loadConfig({ CELERY_CONCURRENCY: '7', WORKER_CONCURRENCY: '2' }).workerConcurrency).toBe(2);
    expect(mistakesOf({ CELERY_CONCURRENCY: 'x' })[0]).toContain('CELERY_CONCURRENCY');
  });

  it('puts BEDROCK_REGION first among the regions', () => {
    expect(loadConfig({ BEDROCK_REGION: 'eu-central-1' }).bedrockRegions).toEqual([
      'eu-central-1',
      'us-east-2',
      'us-west-2',
    ]);
    expect(loadConfig({ BEDROCK_REGION: 'us-west-2' }).bedrockRegions).toEqual(['us-west-2', 'us-east-2']);
  });

  it('cannot be changed', () => {
    const config = loadConfig({}) as { port: number };
    expect(() => (config.port = 1)).toThrow(TypeError);
  });

  it('stands in README as it is', () => {
    const readme = readFileSync(join(findPackageRoot(import.meta.dirname), 'README.md'), 'utf8');
    expect(withConfigTable(readme), 'run "npm run docs"').toBe(readme);
  });
});
