import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { childEnvironment, modelsOf } from '../../src/embedded/surroundings.ts';

const at = { databaseUrl: 'postgresql://db', redisUrl: 'redis://r', simulatorUrl: null, dataDir: '/data', port: 5001 };
const models = (env: Record<string, string>) => modelsOf(loadConfig(env), env);

describe('surroundings', () => {
  test('simulate models unless AWS credentials or an endpoint are there', () => {
    expect(models({})).toBe('simulated');
    expect(models({ AWS_REGION: 'eu-west-1' })).toBe('simulated');
    expect(models({ AWS_PROFILE: 'work' })).toBe('bedrock');
    expect(models({ AWS_BEARER_TOKEN_BEDROCK: 'x' })).toBe('bedrock');
    expect(models({ BEDROCK_ENDPOINT: 'http://localhost:1' })).toBe('endpoint');
  });

  test('hand the addresses to the processes, and leave the rest of the environment as it is', () => {
    const env = { PATH: '/bin', REDIS_PREFIX: 'mine', PORT: '0' };
    expect(childEnvironment(env, loadConfig(env), at)).toEqual({
      PATH: '/bin',
      REDIS_PREFIX: 'mine',
      PORT: '5001',
      DATABASE_URL: 'postgresql://db',
      REDIS_URL: 'redis://r',
      PRISM_DATA_DIR: '/data',
      LOG_FORMAT: 'json',
    });
  });

  test('give the AWS client of the simulator something to sign with, unless a bucket has credentials to find', () => {
    const simulated = { ...at, simulatorUrl: 'http://127.0.0.1:9' };
    expect(childEnvironment({}, loadConfig({}), simulated)).toMatchObject({
      BEDROCK_ENDPOINT: 'http://127.0.0.1:9',
      AWS_ACCESS_KEY_ID: 'simulator',
    });
    const env = { S3_BUCKET_NAME: 'reviews' };
    expect(childEnvironment(env, loadConfig(env), simulated)).not.toHaveProperty('AWS_ACCESS_KEY_ID');
  });
});
