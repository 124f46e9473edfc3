import { ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { loadConfig } from '../../src/config.ts';
import { createRuntimeClients } from '../../src/models/bedrock-runtime-clients.ts';
import { buildRequest } from '../../src/models/build-request.ts';
import { createModelCatalog } from '../../src/models/model-catalog.ts';
import type { ModelRequest } from '../../src/models/model-types.ts';
import { findPackageRoot } from '../../src/package-root.ts';
import { defaultPlaybookId, loadPlaybooks } from '../../src/review/playbook.ts';
import { buildChatRequest } from '../../src/review/chat-prompt.ts';
import { thisSection } from '../../src/review/context.ts';
import { loadInstructions } from '../../src/review/instructions.ts';
import { buildReviewRequest } from '../../src/review/prompt.ts';
import type { Section } from './client.ts';

/** A document as far as the request for the review of one of its sections needs it. */
export type ReviewedDocument = { readonly filename: string; readonly sections: readonly Section[] };

export type DirectCaller = ReturnType<typeof createDirectCaller>;

/** Asks the simulator for the very reviews and answers that a worker asks for, with the AWS client and nothing else around it. */
export function createDirectCaller(simulatorUrl: string, maxSockets: number) {
  const config = loadConfig({});
  const connection = {
    endpoint: simulatorUrl,
    credentials: { accessKeyId: 'simulator', secretAccessKey: 'simulator' },
  };
  const clients = createRuntimeClients(connection, maxSockets);
  const [region = ''] = config.bedrockRegions;
  const catalog = createModelCatalog({
    chain: config.modelChain,
    primaryBedrockId: config.bedrockModelId,
    maxTokens: config.maxTokens,
    regions: config.bedrockRegions,
  });
  const [model] = catalog.chain;
  const playbook = loadPlaybooks(findPackageRoot()).find(({ id }) => id === defaultPlaybookId);
  if (!model || !playbook) throw new Error('There is no model, or no playbook, by default.');
  const spec = model;
  const { maxTokens, temperature } = config;
  const { checks } = playbook;
  const instructions = loadInstructions(findPackageRoot());

  /** Reads the whole answer; how long its first token took. */
  async function measure(asked: ModelRequest): Promise<{ firstTokenMs: number }> {
    const request = buildRequest(spec, asked);
    const startedMs = performance.now();
    let firstTokenMs: number | null = null;
    const { stream } = await clients.forRegion(region).send(new ConverseStreamCommand(request));
    for await (const event of stream ?? []) if (event.contentBlockDelta) firstTokenMs ??= performance.now() - startedMs;
    if (firstTokenMs === null) throw new Error('The simulator has answered nothing.');
    return { firstTokenMs };
  }

  return {
    ask({ filename, sections }: ReviewedDocument, section: Section): Promise<{ firstTokenMs: number }> {
      const outline = sections.map(({ id, title }) => ({
        title,
        level: 1,
        state: id === section.id ? thisSection : 'not reviewed',
        risk: '',
      }));
      const context = { outline, before: 0, behind: 0, neighbours: [], decisions: [], earlier: [] };
      const { chain } = catalog;
      const told = { instructions: instructions.review, checks };
      const review = buildReviewRequest({ section, filename, context, ...told, maxTokens, temperature, chain });
      return measure(review.request);
    },
    /** A first question, about a document that is read whole. */
    askInChat({ filename, sections }: ReviewedDocument, question: string): Promise<{ firstTokenMs: number }> {
      const passages = sections.map(({ id, text }, ordinal) => ({
        sectionId: id,
        ordinal,
        part: 0,
        parts: 1,
        total: sections.length,
        text,
      }));
      const outline = sections.map(({ title }) => title);
      const asked = { filename, outline, sectionCount: sections.length, passages, chosen: null, history: [], question };
      return measure(buildChatRequest(asked, instructions.chat, { maxTokens, temperature }));
    },
    close: (): void => clients.close(),
  };
}
