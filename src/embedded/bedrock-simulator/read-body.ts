import type { IncomingMessage } from 'node:http';

const maxBodyBytes = 25 * 1024 * 1024;

/** The whole body as text; null when it is larger than Bedrock takes. The rest is then read and thrown away, so that an answer is heard. */
export async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBodyBytes) chunks.push(chunk);
  }
  return size > maxBodyBytes ? null : Buffer.concat(chunks).toString('utf8');
}
