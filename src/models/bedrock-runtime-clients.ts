import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { connectionConfig, type BedrockConnection } from './bedrock-connection.ts';

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

/** HTTP/1.1: the default HTTP/2 handler ends a cut stream without an error. Each stream holds one socket for its whole life. */
function createHandler(maxSockets: number): NodeHttpHandler {
  const agent = { keepAlive: true, keepAliveMsecs: 30_000, maxSockets, timeout: idleSocketMs };
  return new NodeHttpHandler({ connectionTimeout: connectionTimeoutMs, httpAgent: agent, httpsAgent: agent });
}
