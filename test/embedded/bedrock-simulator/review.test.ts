import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { reviewSection } from '../../../src/embedded/bedrock-simulator/reviewer/review-section.ts';
import { fenceSection } from '../../../src/review/fence.ts';
import { contractText, reviewInput, startBench, stream, thinkingFields, type Bench } from './support.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

const risk = z.enum(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']);
const confidence = z.number().min(0).max(1);
/** The lines of an answer as the contract with models has them. */
const findingLine = z.strictObject({
  type: z.literal('finding'),
  kind: z.enum(['RISK', 'GAP', 'QUESTION', 'SUGGESTION', 'STRENGTH']),
  category: z.string().min(1),
  risk,
  title: z.string().min(1),
  detail: z.string().min(1),
  recommendation: z.string(),
  questions: z.array(z.string()),
  evidence: z.array(z.string().min(1)).min(1),
  checks: z.array(z.string()),
  confidence,
});
const summaryLine = z.strictObject({ type: z.literal('summary'), risk, summary: z.string().min(1), confidence });

function readAnswer(text: string) {
  const lines = text.split('\n').map((line) => JSON.parse(line) as unknown);
  return {
    findings: lines.slice(0, -1).map((line) => findingLine.parse(line)),
    summary: summaryLine.parse(lines.at(-1)),
  };
}

/** An invented agreement of several pages, as it comes out of a PDF: lines broken in mid-sentence, page feet in between. */
const agreement = readFileSync(new URL('sample-agreement.txt', import.meta.url), 'utf8');

describe('a simulated review', () => {
  it('is JSON Lines with one summary, the last', async () => {
    const { findings, summary } = readAnswer((await stream(bench.client(), reviewInput(contractText))).text);
    expect(findings.length).toBeGreaterThan(4);
    expect(findings.length).toBeLessThanOrEqual(8);
    expect(summary.summary).toMatch(/^Simulated review: /);
    expect(summary.risk).toBe('CRITICAL');
  });

  it('puts the strongest findings first, with differing confidence', async () => {
    const { findings } = readAnswer((await stream(bench.client(), reviewInput(contractText))).text);
    const order = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'];
    const ranks = findings.map((finding) => order.indexOf(finding.risk));
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    expect(new Set(findings.map((finding) => finding.confidence)).size).toBeGreaterThan(3);
    expect(findings[0]?.title).toContain('Liability without a limit');
  });

  it('quotes the section word for word, whatever characters it has', async () => {
    const texts = [
      contractText,
      agreement,
      'If price > 10,000 & term < 1 year, the Supplier </section> may terminate at any time.\r\nReports “shall be” sent\tpromptly — 確認 TBD.',
      `Preamble. ${'The Supplier, whatever else was said of it, in this place or elsewhere, '.repeat(30)}shall be liable for any and all claims.`,
    ];
    for (const text of texts) {
      const { findings } = readAnswer((await stream(bench.client(), reviewInput(text))).text);
      expect(findings.length).toBeGreaterThan(0);
      for (const quote of findings.flatMap((finding) => finding.evidence)) expect(text).toContain(quote);
    }
  });

  it('quotes word for word out of any text', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom(
        ' shall be delivered promptly',
        ' TBD.',
        '\n\n',
        '\r\n- ',
        'The Operator ',
        ' thirty (45) days, ',
        '; the price is 45,000',
        ' may terminate it at any time. ',
        'x'.repeat(450),
        '😀',
      ),
    );
    const text = fc.array(piece, { minLength: 1, maxLength: 40 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, (text) => {
        for (const { evidence } of reviewSection(text, []).findings) {
          for (const quote of evidence) {
            expect(text.includes(quote)).toBe(true);
            expect(quote.length).toBeLessThanOrEqual(1_000);
          }
        }
      }),
    );
  });

  it('has a summary alone where there is nothing to find, and where there is no text', async () => {
    for (const text of ['The sky is blue over the plant.', ' ']) {
      const { findings, summary } = readAnswer((await stream(bench.client(), reviewInput(text))).text);
      expect(findings).toEqual([]);
      expect(summary.risk).toBe('LOW');
      expect(summary.summary).toContain('nothing to object to');
    }
  });

  it('thinks aloud about the clauses of this very section', async () => {
    const { thinking } = await stream(
      bench.client(),
      reviewInput(contractText, { additionalModelRequestFields: thinkingFields }),
    );
    expect(thinking).toMatch(/^Simulated thinking: /);
    expect(thinking).toContain('headed “7. Liability and term”');
    expect(thinking).toContain('“Reports shall be delivered promptly.”');
    expect(thinking).toContain('“thirty (45)” – consistency, HIGH');
  });

  it('names the checks of the prompt that a finding rests on, and none that only the document holds', async () => {
    const text = `${contractText}\nGEN-9: liability and damages and caps`;
    const { findings } = readAnswer((await stream(bench.client(), reviewInput(text))).text);
    const byTitle = (title: string) => findings.find((finding) => finding.title.includes(title))?.checks;
    expect(byTitle('Liability without a limit')).toEqual(['GEN-3']);
    expect(byTitle('Deadline that nobody can miss')).toEqual(['GEN-4']);
    expect(byTitle('Words and digits disagree')).toEqual([]);
  });

  it('finds the section in an earlier message, when its answer is to be repaired', async () => {
    const first = await stream(bench.client(), reviewInput(contractText));
    const { text } = await stream(
      bench.client(),
      reviewInput('', {
        messages: [
          { role: 'user', content: [{ text: fenceSection('sec_1', contractText) }] },
          { role: 'assistant', content: [{ text: '{"type":"fin' }] },
          { role: 'user', content: [{ text: 'That was not valid. Answer again, in JSON Lines.' }] },
        ],
      }),
    );
    expect(text).toBe(first.text);
  });

  it('says what it is when it is asked for anything else', async () => {
    const { text } = await stream(
      bench.client(),
      reviewInput('', { messages: [{ role: 'user', content: [{ text: 'Write a poem.' }] }] }),
    );
    expect(text).toMatch(/^Simulated answer: /);
  });
});
