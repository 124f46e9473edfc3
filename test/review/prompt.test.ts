import { describe, expect, it } from 'vitest';
import { estimateInputTokens } from '../../src/models/estimate-tokens.ts';
import { createModelCatalog } from '../../src/models/model-catalog.ts';
import { repairMessages, reviewVersionWith } from '../../src/review/prompt.ts';
import { thisSection, type ReviewContext } from '../../src/review/context.ts';
import { buildTestRequest, instructions, testChecks } from '../support/review-request.ts';
import { digestOf } from '../support/digest.ts';

const context: ReviewContext = {
  outline: Array.from({ length: 60 }, (_, index) => ({
    title: `Clause ${index}`,
    level: 1,
    state: index === 30 ? thisSection : 'completed',
    risk: 'LOW',
  })),
  before: 3,
  behind: 4,
  neighbours: [{ section: 'Term', risk: 'LOW', summary: 'One year.' }],
  decisions: [
    { section: 'Term', title: 'No end', category: 'Term', risk: 'LOW', decision: 'REJECTED', note: 'It is meant so.' },
  ],
  earlier: [{ title: 'No cap', risk: 'HIGH' }],
};

/** Of all our own words in a prompt, by its version. Words that change need a new version, and a line here. */
const digests: Readonly<Record<string, string>> = {
  'review-3': '0e5583efbe7428bd',
};

describe('the version of the prompt', () => {
  it('changes whenever the words do', () => {
    const { version } = instructions.review;
    const digest = digestOf([
      buildTestRequest({ context }).request,
      buildTestRequest({ context, chain: [] }).request.messages,
      repairMessages('answer', 'why'),
    ]);
    expect(digest, `The words of ${version} have changed: raise the version in review.yaml.`).toBe(digests[version]);
  });

  it("tells one playbook from another, and a playbook's words from its earlier ones", () => {
    const [first, second] = testChecks;
    if (!first || !second) throw new Error('There are two checks.');
    const versions = [
      [first, second],
      [second, first],
      [first],
      [{ ...first, guidance: 'Somebody is named.' }, second],
      [{ ...first, ref: 'GEN-9' }, second],
    ].map((checks) => reviewVersionWith(instructions.review, checks));
    expect(new Set(versions).size).toBe(5);
    expect(versions[0]).toBe(reviewVersionWith(instructions.review, testChecks));
    expect(versions[0]).toMatch(/^review-\d+\+[0-9a-f]{12}$/);
  });
});

describe('the request for a review', () => {
  it('has the words that all sections of a playbook share in its system text, so that they are cached', () => {
    const one = buildTestRequest({ context }).request;
    const other = buildTestRequest({ section: { id: 'sec_2', title: 'Term', text: 'No end.' } }).request;
    expect(one.system).toBe(other.system);
    expect(one.system).toContain('GEN-1: Owner. Nobody is named.');
    expect(one.system).not.toContain('Clause');
  });

  it('holds the context before the section, and counts what tables save', () => {
    const { request, contextTokensSaved } = buildTestRequest({ context });
    const text = request.messages[0]?.text ?? '';
    const order = ['<document>', '<outline>', '<neighbours>', '<decisions>', '<earlier>', '<section id='];
    expect(order.map((tag) => text.indexOf(tag))).toEqual(
      order.map((tag) => text.indexOf(tag)).toSorted((a, b) => a - b),
    );
    expect(text.trimEnd().endsWith('</section>')).toBe(true);
    expect(contextTokensSaved).toBeGreaterThan(100);
  });

  it('cuts the context, never the section, to what the models have room for', () => {
    const { chain } = createModelCatalog({
      chain: ['sonnet-4.5'],
      primaryBedrockId: null,
      maxTokens: 8_192,
      regions: ['us-east-2'],
    });
    const [model] = chain;
    if (!model) throw new Error('There is a model.');
    const base = estimateInputTokens(buildTestRequest({ chain }).request, model) + 8_192;
    for (const room of [-10_000, 0, 250, 500, 1_000]) {
      const narrow = { ...model, contextTokens: base + room };
      const { request } = buildTestRequest({ context, chain: [narrow] });
      expect(request.messages[0]?.text).toContain('The Supplier is liable without limit.');
      expect(request.messages[0]?.text).toContain('left out');
      // The words that say so come on top where there is no room at all; the estimate has a margin for them.
      const used = estimateInputTokens(request, narrow) + 8_192 - base;
      expect(used, `in room for ${room}`).toBeLessThanOrEqual(Math.max(100, room));
    }
  });
});
