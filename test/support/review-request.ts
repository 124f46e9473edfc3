import { createModelCatalog } from '../../src/models/model-catalog.ts';
import type { Check } from '../../src/review/playbook.ts';
import { findPackageRoot } from '../../src/package-root.ts';
import { loadInstructions } from '../../src/review/instructions.ts';
import { buildReviewRequest, type ReviewRequest } from '../../src/review/prompt.ts';

const { chain } = createModelCatalog({
  chain: ['sonnet-4.5', 'sonnet-4.6', 'haiku-4.5'],
  primaryBedrockId: null,
  maxTokens: 8_192,
  regions: ['us-east-2'],
});

export const instructions = loadInstructions(findPackageRoot(import.meta.dirname));

export const testChecks: readonly Check[] = [
  { ref: 'GEN-1', title: 'Owner', guidance: 'Nobody is named.' },
  { ref: 'GEN-2', title: 'Date', guidance: 'No day is named.' },
];

/** The request for the review of a small section, but for what is changed. */
export const buildTestRequest = (change: Partial<Parameters<typeof buildReviewRequest>[0]> = {}): ReviewRequest =>
  buildReviewRequest({
    section: { id: 'sec_1', title: 'Liability', text: 'The Supplier is liable without limit.' },
    filename: 'contract.docx',
    context: { outline: [], before: 0, behind: 0, neighbours: [], decisions: [], earlier: [] },
    instructions: instructions.review,
    checks: testChecks,
    maxTokens: 8_192,
    temperature: 0.2,
    chain,
    ...change,
  });
