import { describe, expect, it } from 'vitest';
import { MalformedOutputError } from '../../src/models/model-failure.ts';
import { noUsage, type ModelEvent } from '../../src/models/model-types.ts';
import { readAnswer } from '../../src/review/chat-reader.ts';
import { locateCitations } from '../../src/review/citations.ts';

async function* stream(texts: readonly string[], stopReason = 'end_turn'): AsyncGenerator<ModelEvent> {
  yield { type: 'thinking', text: 'Let me see.' };
  for (const text of texts) yield { type: 'text', text };
  yield { type: 'completed', stopReason, usage: noUsage };
}

async function read(texts: readonly string[], stopReason?: string) {
  const heard: string[] = [];
  const sink = { thinking: (text: string) => heard.push(`thinking ${text}`), text: (text: string) => heard.push(text) };
  return { ...(await readAnswer(stream(texts, stopReason), sink)), heard };
}

describe('reading an answer', () => {
  it('hands thinking and text on as they come, and keeps the quotations', async () => {
    expect(await read(['It is due (<ci', 'te>at once</cite>', ').'])).toEqual({
      thinking: 'Let me see.',
      text: 'It is due (at once).',
      quotes: ['at once'],
      heard: ['thinking Let me see.', 'It is due (', 'at once', ').'],
    });
  });

  it('keeps what was held back at the end', async () => {
    expect((await read(['1 <'])).text).toBe('1 <');
  });

  it('says so when the answer was cut by its limit', async () => {
    const { text, heard } = await read(['It is <cite>due at'], 'max_tokens');
    expect(text).toMatch(/^It is due at\n\n\*The answer ends here/);
    expect(heard.slice(1).join('')).toBe(text);
  });

  it('takes what no database could store out of text, thinking and quotations, but for pairs that came in two pieces', async () => {
    const { text, quotes } = await read(['a\0 <cite>b\ud83d c</cite> \ud83d', '\ude00 <cite>\udc00\0</cite>']);
    expect({ text, quotes }).toEqual({ text: 'a b\ufffd c 😀 \ufffd', quotes: ['b\ufffd c', '\ufffd'] });
  });

  it('refuses an answer without text', async () => {
    await expect(read([' ', '<cite></cite>'])).rejects.toThrow(MalformedOutputError);
    await expect(read([], 'max_tokens')).rejects.toThrow(MalformedOutputError);
  });
});

describe('looking citations up', () => {
  const sections = [
    { text: 'The fee is “10,000”.\n', startOffset: 0, pageStart: 1, pageBreaks: [] },
    { text: 'Use <b> & &lt;i&gt;.\n', startOffset: 21, pageStart: 2, pageBreaks: [] },
  ];
  async function* batches() {
    yield [sections[0]!];
    yield [sections[1]!];
  }

  it('finds each where it stands, whichever batch that is in, and invents nothing', async () => {
    const quotes = ['fee is "10,000"', 'The fee is waived', 'Use &lt;b&gt; &amp; &amp;lt;i&amp;gt;', 'fee is "10,000"'];
    expect(await locateCitations(quotes, batches())).toEqual([
      { quote: 'fee is “10,000”', startOffset: 4, endOffset: 19, page: 1, verified: true },
      { quote: 'The fee is waived', startOffset: null, endOffset: null, page: null, verified: false },
      { quote: 'Use <b> & &lt;i&gt;', startOffset: 21, endOffset: 40, page: 2, verified: true },
      { quote: 'fee is “10,000”', startOffset: 4, endOffset: 19, page: 1, verified: true },
    ]);
  });

  it('finds none within a word or a number', async () => {
    const located = await locateCitations(['e', '10', 'fe'], batches());
    expect(located.map(({ verified }) => verified)).toEqual([false, false, false]);
  });

  it('reads no further than it must', async () => {
    async function* endless() {
      yield sections;
      throw new Error('read on');
    }
    expect(await locateCitations(['Use'], endless())).toMatchObject([{ verified: true }]);
    await expect(locateCitations(['nowhere'], endless())).rejects.toThrow('read on');
    expect(await locateCitations([], endless())).toEqual([]);
  });
});
