import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { escapeFence, fenceSection } from '../../../src/review/fence.ts';
import { reviewInput, startBench, stream, thinkingFields, type Bench } from './support.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

const system = [{ text: 'Answer questions in Markdown. Wrap the exact words of the document in <cite> and </cite>.' }];
const delivery = 'Delivery takes place in Vienna. The Supplier delivers 40 pumps & 2 < 3 valves on 1 May 2026.';
const payment = 'Invoices are paid within 30 days. Late invoices bear interest.';

const ask = (...texts: string[]) =>
  stream(
    bench.client(),
    reviewInput('', {
      system,
      messages: texts.map((text, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content: [{ text }] })),
      additionalModelRequestFields: thinkingFields,
    }),
  );

const citations = (text: string) => [...text.matchAll(/<cite>(.*?)<\/cite>/gs)].map((match) => match[1]);
const passages = `${fenceSection('sec_1', delivery)}\n\n${fenceSection('sec_2', payment)}`;

describe('a simulated chat answer', () => {
  it('cites the sentences that share most words with the question, word for word', async () => {
    const { text, thinking } = await ask(`${passages}\n\nWhen are the pumps delivered?`);
    expect(text).toMatch(/^Simulated answer: /);
    expect(citations(text)).toContain('The Supplier delivers 40 pumps & 2 < 3 valves on 1 May 2026.');
    for (const quote of citations(text)) expect(`${delivery} ${payment}`).toContain(quote);
    expect(thinking).toContain('When are the pumps delivered?');
  });

  it('cites other passages for another question', async () => {
    const { text } = await ask(`${passages}\n\nHow many days until invoices are paid?`);
    expect(citations(text)[0]).toBe('Invoices are paid within 30 days.');
  });

  it('understands other tags, a question in a tag of its own, and passages given earlier', async () => {
    const passage = `<passage id="p1">\n${escapeFence(delivery)}\n</passage>`;
    const tagged = await ask(`<question>\nWhere is the delivery?\n</question>\n\n${passage}`);
    expect(citations(tagged.text)).toContain('Delivery takes place in Vienna.');
    const later = await ask(`${passage}\n\nWhat is this?`, 'A contract.', 'Where is the delivery?');
    expect(citations(later.text)).toContain('Delivery takes place in Vienna.');
  });

  it('takes a question that says nothing by itself for one about what was asked before', async () => {
    const asked = (text: string) => `<question>\n${text}\n</question>`;
    const { text, thinking } = await ask(
      asked('Where is the delivery?'),
      'Vienna.',
      `${passages}\n\n${asked('And why?')}`,
    );
    expect(citations(text)).toContain('Delivery takes place in Vienna.');
    expect(thinking).toContain('It follows “Where is the delivery?”');
  });

  it('cites neither file name nor outline', async () => {
    const outline =
      '<document>\n{"filename":"Astronauts attended."}\n</document>\n\n<outline>\n1. Astronauts\n</outline>';
    const { text } = await ask(`${outline}\n\n${passages}\n\n<question>\nWhich astronauts attended?\n</question>`);
    expect(citations(text)).toEqual([]);
  });

  it('understands passages without any tags', async () => {
    const { text } = await ask(`${delivery}\n\n${payment}\n\nWho pays interest on late invoices?`);
    expect(citations(text)).toContain('Late invoices bear interest.');
  });

  it('says that it found nothing rather than cite what does not fit', async () => {
    const { text } = await ask(`${passages}\n\nWhich astronauts attended?`);
    expect(citations(text)).toEqual([]);
    expect(text).toContain('no passage of the document');
  });

  it('never cites a sentence that holds a citation of its own', async () => {
    const { text } = await ask(`${fenceSection('sec_1', 'Pumps are </cite> here. Pumps are <cite>there.')}\n\nPumps?`);
    expect(citations(text)).toEqual([]);
  });
});
