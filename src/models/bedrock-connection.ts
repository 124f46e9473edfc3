import type { BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';

type StaticCredentials = { readonly accessKeyId: string; readonly secretAccessKey: string };

export type BedrockConnection = {
  /** Another address that speaks the Bedrock protocol; null for AWS itself. */
  readonly endpoint: string | null;
  /** Null: found by AWS's own rules (environment, files, roles). A stand-in on this machine takes any pair, and must be given one. */
  readonly credentials: StaticCredentials | null;
};

type ConnectionConfig = Pick<
  BedrockRuntimeClientConfig,
  'region' | 'maxAttempts' | 'endpoint' | 'credentials' | 'authSchemePreference'
>;

/** The SDK's own retries are off: they would hide behind the fallback, multiply the attempts and escape the throttle. */
export const connectionConfig = (region: string, connection: BedrockConnection): ConnectionConfig => ({
  region,
  maxAttempts: 1,
  ...(connection.endpoint === null ? {} : { endpoint: connection.endpoint }),
  // With credentials of our own, a bearer token that lies in the environment is never sent along.
  ...(connection.credentials === null
    ? {}
    : { credentials: connection.credentials, authSchemePreference: ['aws.auth#sigv4'] }),
});
