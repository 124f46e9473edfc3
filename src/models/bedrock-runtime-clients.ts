import { BedrockRuntimeClient, type BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';

type StaticCredentials = { readonly accessKeyId: string; readonly secretAccessKey: string };

export type BedrockConnection = {
  /** Another address that speaks the Bedrock protocol; null for AWS itself. */
  readonly endpoint: string | null;
  /** Null: found by AWS's own rules (environment, files, roles). A stand-in on this machine takes any pair, and must be given one. */
  readonly credentials: StaticCredentials | null;
};

export type RuntimeClients = {
  /** Made at the first use of a region, then kept. */
  forRegion(region: string): BedrockRuntimeClient;
  /** Forgets a client whose credentials were refused: the next one looks for them anew. Streams in flight are not disturbed. */
  renew(region: string): void;
  close(): void;
};

const connectionTimeoutMs = 3_000;
/** Sockets idle for longer are closed by this side, before Bedrock does so in the very moment of the next request. */
const idleSocketMs = 20_000;

export function createRuntimeClients(connection: BedrockConnection, maxSockets: number): RuntimeClients {
  const current = new Map<string, BedrockRuntimeClient>();
  const all = new Set<BedrockRuntimeClient>();
  return {
    forRegion(region) {
      const known = current.get(region);
      if (known) return known;
      const client = new BedrockRuntimeClient({
        ...connectionConfig(region, connection),
        requestHandler: createHandler(maxSockets),
      });
      current.set(region, client);
      all.add(client);
      return client;
    },
    renew(region) {
      current.delete(region);
    },
    close() {
      for (const client of all) client.destroy();
      all.clear();
      current.clear();
    },
  };
}

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

/** HTTP/1.1: the default HTTP/2 handler ends a cut stream without an error. Each stream holds one socket for its whole life. */
function createHandler(maxSockets: number): NodeHttpHandler {
  const agent = { keepAlive: true, keepAliveMsecs: 30_000, maxSockets, timeout: idleSocketMs };
  return new NodeHttpHandler({ connectionTimeout: connectionTimeoutMs, httpAgent: agent, httpsAgent: agent });
}
