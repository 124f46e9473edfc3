import { ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { loadConfig } from '../../src/config.ts';
import { createRuntimeClients } from '../../src/models/bedrock-runtime-clients.ts';
import { buildRequest } from '../../src/models/build-request.ts';
import { createModelCatalog } from '../../src/models/model-catalog.ts';
import { findPackageRoot } from '../../src/package-root.ts';
import { defaultPlaybookId, loadPlaybooks } from '../../src/review/playbook.ts';
import { thisSection } from '../../src/review/context.ts';
import { buildReviewRequest } from '../../src/review/prompt.ts';
import type { Section } from './client.ts';

/** A document as far as the request for the review of one of its sections needs it. */
export type ReviewedDocument = { readonly filename: string; readonly sections: readonly Section[] };

export type DirectCaller = ReturnType<typeof createDirectCaller>;

/** Asks the simulator for the very reviews that a worker asks for, with the AWS client and nothing else around it. */
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
  const { maxTokens, temperature } = config;
  const { checks } = playbook;

  return {
    /** Reads the whole answer; how long its first token took. */
    async ask({ filename, sections }: ReviewedDocument, section: Section): Promise<{ firstTokenMs: number }> {
      const outline = sections.map(({ id, title }) => ({
        title,
        level: 1,
        state: id === section.id ? thisSection : 'not reviewed',
        risk: '',
      }));
      const context = { outline, before: 0, behind: 0, neighbours: [], decisions: [], earlier: [] };
      const { chain } = catalog;
      const review = buildReviewRequest({ section, filename, context, checks, maxTokens, temperature, chain });
      const request = buildRequest(model, review.request);
      const startedMs = performance.now();
      let firstTokenMs: number | null = null;
      const { stream } = await clients.forRegion(region).send(new ConverseStreamCommand(request));
      for await (const event of stream ?? [])
        if (event.contentBlockDelta) firstTokenMs ??= performance.now() - startedMs;
      if (firstTokenMs === null) throw new Error('The simulator has answered nothing.');
      return { firstTokenMs };
    },
    close: (): void => clients.close(),
  };
}
