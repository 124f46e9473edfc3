import { readFence, type FencedSection } from '../../src/embedded/bedrock-simulator/reviewer/read-fence.ts';
import { unescapeFence } from '../../src/review/fence.ts';
import {
  delta,
  metadata,
  start,
  startBedrockTestServer,
  stop,
  thinking,
  type BedrockTestServer,
} from '../models/bedrock-test-server.ts';

/** What the model is asked to review: the section's title, and its text as it stands in the prompt. */
export type AskedFor = FencedSection & { readonly title: string; readonly isRepair: boolean };

type ConverseBody = { readonly messages?: readonly { role: string; content: readonly { text?: string }[] }[] };

/** A model that answers each review, over Bedrock's wire, exactly as it is told to by the test; sound or not. */
export const startObedientModel = (answer: (asked: AskedFor) => string): Promise<BedrockTestServer> =>
  startBedrockTestServer(async (call) => {
    if (!call.path.endsWith('/converse-stream')) return call.refuse(404, 'UnknownOperationException', 'Unknown');
    const { messages = [] } = call.body as ConverseBody;
    const [first = '', ...others] = messages.map(({ content }) => content.map(({ text = '' }) => text).join('\n'));
    const fence = readFence(first);
    if (!fence) return call.refuse(400, 'ValidationException', 'There is no section to review.');
    const names = /^<document>\n(.*)\n<\/document>/m.exec(first)?.[1] ?? '{}';
    const { section: title = '' } = JSON.parse(unescapeFence(names)) as { section?: string };
    const text = answer({ ...fence, title, isRepair: others.length > 0 });
    call.beginStream();
    await call.write(start, thinking('I do as I am told.'));
    for (let at = 0; at < text.length; at += 50_000) await call.write(delta(text.slice(at, at + 50_000)));
    await call.write(stop(), metadata());
    call.end();
  });
