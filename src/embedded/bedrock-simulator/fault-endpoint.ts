import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Activity } from './activity.ts';
import type { FaultRules } from './fault-rules.ts';
import { faultRuleSchema } from './fault-types.ts';
import { readBody } from './read-body.ts';

/**
 * Faults over HTTP, for other processes and for whoever is curious:
 *
 *     curl -X POST $URL/__faults -H 'content-type: application/json' \
 *       -d '[{"match":{"modelId":"sonnet-4.5"},"fault":{"kind":"throttle"},"times":2}]'
 *     curl $URL/__faults              the rules with what they struck, and the counters of requests
 *     curl -X DELETE $URL/__faults
 */
export const faultsPath = '/__faults';

export type FaultEndpoint = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export function createFaultEndpoint(rules: FaultRules, activity: Activity): FaultEndpoint {
  async function add(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A web page can send a form or plain text anywhere, but not this type without being asked first.
    if (!request.headers['content-type']?.startsWith('application/json')) {
      return sendJson(response, 415, { message: 'Send the rules as application/json.' });
    }
    const parsed = z.array(faultRuleSchema).safeParse(parseJson(await readBody(request)));
    if (!parsed.success) return sendJson(response, 400, { message: z.prettifyError(parsed.error) });
    sendJson(response, 201, { ids: parsed.data.map((rule) => rules.add(rule)) });
  }

  return async (request, response) => {
    if (request.method === 'POST') return add(request, response);
    if (request.method === 'DELETE') rules.clear();
    else if (request.method !== 'GET') {
      return sendJson(response, 405, {
        message: 'GET lists the faults, POST adds a list of them, DELETE clears them.',
      });
    }
    sendJson(response, 200, { rules: rules.list(), counters: activity.counters() });
  };
}

function parseJson(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body, null, 2)}\n`);
}
