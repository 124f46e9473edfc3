import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildPdf, draw, drawLines } from '../documents/pdf-file.ts';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';
import { analyzeAll, collect } from './reviewing.ts';

let prism: Prism;
beforeAll(async () => {
  prism = await startPrism();
});
afterAll(() => prism.close());

it('a quotation has the page on which it begins, also deep within a section of several pages', async () => {
  const quiet = [
    'The parties meet on the first Monday of each month.',
    'They meet in the office of the Customer in Ghent.',
  ];
  const pages = [
    draw(72, 740, 'Liability', 'helveticaBold', 18) + drawLines(72, 700, quiet),
    drawLines(72, 740, quiet),
    drawLines(72, 740, [
      'The Supplier shall be liable without limitation',
      'for any and all damages of whatever kind.',
    ]),
  ];
  const pdf = buildPdf(pages.map((content) => ({ content })));
  const id = await prism.uploadParsed(await prism.createSession(), 'pages.pdf', pdf);
  await analyzeAll(prism, id);
  await collect(prism.events('documentEvents', id));
  const { document } = await prism.ask(
    'query($id: ID!) { document(id: $id) { sections { title pageStart pageEnd feedback { evidence { quote page } } } } }',
    { id },
  );
  expect(document.sections).toMatchObject([{ title: 'Liability', pageStart: 1, pageEnd: 3 }]);
  const evidence: { quote: string; page: number }[] = document.sections[0].feedback.flatMap(
    (feedback: StreamedEvent) => feedback.evidence,
  );
  expect(evidence.length).toBeGreaterThan(0);
  for (const { quote, page } of evidence) expect(page).toBe(quote.includes('liable') ? 3 : 1);
  expect(evidence.map(({ page }) => page)).toContain(3);
});
