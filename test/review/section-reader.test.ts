import { describe, expect, it } from 'vitest';
import { MalformedOutputError } from '../../src/models/model-failure.ts';
import { noUsage, type ModelEvent } from '../../src/models/model-types.ts';
import { readReview, type CheckedFinding } from '../../src/review/section-reader.ts';

const section = { text: 'Smith & Sons pay < 5 %. The fee is due.', startOffset: 50, pageStart: 1, pageBreaks: [] };
const finding = (change: object = {}) =>
  JSON.stringify({
    type: 'finding',
    category: 'Money',
    title: 'No date',
    detail: 'It is not said when.',
    recommendation: 'Name a day.',
    evidence: ['The fee is due'],
    confidence: 0.9,
    ...change,
  });
const summary = JSON.stringify({ type: 'summary', risk: 'HIGH', summary: 'A fee.', confidence: 0.9 });

async function* events(text: string, { stopReason = 'end_turn', thinking = '' } = {}): AsyncGenerator<ModelEvent> {
  if (thinking !== '') yield { type: 'thinking', text: thinking };
  for (const piece of text.match(/[\s\S]{1,7}/g) ?? []) yield { type: 'text', text: piece };
  yield { type: 'completed', stopReason, usage: noUsage };
}

async function read(text: string, options: Parameters<typeof events>[1] = {}) {
  const found: CheckedFinding[] = [];
  const percents: number[] = [];
  const result = await readReview(events(text, options), section, {
    thinking: () => undefined,
    found: async (checked) => void found.push(checked),
    progress: (percent) => void percents.push(percent),
  });
  return { result, found, percents };
}

const malformed = (text: string, options: Parameters<typeof events>[1] = {}) =>
  read(text, options).then(
    () => expect.fail('It was taken as an answer'),
    (error: unknown) => {
      if (error instanceof MalformedOutputError) return error;
      throw error;
    },
  );

describe('a review as it is read', () => {
  it('hands on each finding with its evidence located, and ends with the summary', async () => {
    const { result, found, percents } = await read(`${finding()}\n${summary}`, { thinking: 'Let me see.' });
    expect(found).toMatchObject([
      { confidence: 0.9, evidence: [{ quote: 'The fee is due', startOffset: 74, endOffset: 88, page: 1 }] },
    ]);
    expect(result).toEqual({ summary: 'A fee.', risk: 'HIGH', confidence: 0.86, thinking: 'Let me see.' });
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
  });

  it('of a section with nothing to find is a summary alone', async () => {
    expect((await read(summary)).found).toEqual([]);
  });

  it.each(['Smith & Sons pay < 5 %', 'Smith &amp; Sons pay &lt; 5 %'])(
    'finds %j as the model saw it or as it stands',
    async (quote) => {
      const { found } = await read(`${finding({ evidence: [quote] })}\n${summary}`);
      expect(found[0]?.evidence).toMatchObject([{ quote: 'Smith & Sons pay < 5 %', verified: true, startOffset: 50 }]);
    },
  );

  it('shows no escapes of the fence, neither in its words nor in a quotation that is not there', async () => {
    const words = { category: 'R&amp;D', title: 'a &lt; b', detail: 'c &gt; d', recommendation: 'Cap R&amp;D.' };
    const finds = finding({ ...words, questions: ['Is &amp; right?'], evidence: ['Smith &amp; Daughters'] });
    const { found, result } = await read(`${finds}\n${summary.replace('A fee', 'Smith &amp; Sons')}`);
    expect(found[0]).toMatchObject({
      finding: {
        category: 'R&D',
        title: 'a < b',
        detail: 'c > d',
        recommendation: 'Cap R&D.',
        questions: ['Is & right?'],
      },
      evidence: [{ quote: 'Smith & Daughters', verified: false }],
    });
    expect(result.summary).toBe('Smith & Sons.');
  });

  it('keeps the words of a quotation that is not there, without offsets and below the threshold', async () => {
    const { found } = await read(`${finding({ evidence: ['The fee … due'], confidence: 1 })}\n${summary}`);
    expect(found[0]).toMatchObject({
      confidence: 0.4,
      evidence: [{ quote: 'The fee … due', verified: false, startOffset: null, endOffset: null, page: null }],
    });
  });

  it('takes what no database could store out of words and thinking', async () => {
    const { found, result } = await read(`${finding({ title: 'a\0b\ud800', evidence: ['\udc00'] })}\n${summary}`, {
      thinking: 'x\0y\ud800',
    });
    expect(found[0]?.finding.title).toBe('ab\ufffd');
    expect(found[0]?.evidence[0]?.quote).toBe('\ufffd');
    expect(result.thinking).toBe('xy\ufffd');
  });
});

describe('a malformed answer', () => {
  it.each([
    ['a broken line', `${finding().slice(0, -3)}\n${summary}`, 'a line is not valid JSON'],
    ['no confidence', `${finding({ confidence: undefined })}\n${summary}`, /^confidence: /],
    ['no summary', finding(), 'the summary is missing'],
    ['nothing but prose', 'I found nothing.', 'the summary is missing'],
    ['a finding behind the summary', `${summary}\n${finding()}`, 'something follows the summary'],
    ['two summaries', `${summary}\n${summary}`, 'something follows the summary'],
  ])('with %s asks for its repair', async (_name, text, why) => {
    const error = await malformed(text);
    expect(error.message).toMatch(why);
    expect(error.repair.at(-1)).toMatchObject({ role: 'user', text: expect.stringContaining(error.message) });
  });

  it('is handed back as far as it had come, for the model to see what it said', async () => {
    const { repair } = await malformed(`${finding()}\n{"type":\n${summary}`);
    expect(repair.map(({ role }) => role)).toEqual(['assistant', 'user']);
    expect(repair[0]?.text.startsWith(`${finding()}\n{"type":`)).toBe(true);
  });

  it('without a word is not handed back, since no model takes an empty message', async () => {
    expect((await malformed(' \n ')).repair.map(({ role }) => role)).toEqual(['user']);
  });

  it('that was cut off is told to be shorter', async () => {
    const { message } = await malformed(`${finding()}\n${finding().slice(0, 40)}`, { stopReason: 'max_tokens' });
    expect(message).toContain('shorter');
  });
});
