import type { Config } from '../config.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Any of these in the environment means that the person has AWS credentials and wants Claude itself. */
export const awsCredentialVariables = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_BEARER_TOKEN_BEDROCK',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
] as const;

/** Who answers: the simulator, which is brought up here, or what the environment names instead. */
export type Models = 'simulated' | 'bedrock' | 'endpoint';

export function modelsOf(config: Config, env: Environment): Models {
  if (config.bedrockEndpoint !== null) return 'endpoint';
  return awsCredentialVariables.some((name) => env[name]) ? 'bedrock' : 'simulated';
}

type Addresses = {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Of the simulator, when models are simulated. */
  readonly simulatorUrl: string | null;
  readonly dataDir: string;
  readonly port: number;
};

/** The environment that makes API and worker use what was brought up. Their logs are JSON, for `openPartLog` to read. */
export function childEnvironment(env: Environment, config: Config, at: Addresses): Environment {
  return {
    ...env,
    DATABASE_URL: at.databaseUrl,
    REDIS_URL: at.redisUrl,
    PRISM_DATA_DIR: at.dataDir,
    PORT: String(at.port),
    LOG_FORMAT: 'json',
    ...(at.simulatorUrl === null ? {} : simulatorEnvironment(at.simulatorUrl, config)),
  };
}

/** The simulator takes any credentials, but the AWS client does not sign without; those of a bucket are left to AWS's own rules. */
const simulatorEnvironment = (url: string, config: Config): Environment => ({
  BEDROCK_ENDPOINT: url,
  ...(config.bucketName === null ? { AWS_ACCESS_KEY_ID: 'simulator', AWS_SECRET_ACCESS_KEY: 'simulator' } : {}),
});
