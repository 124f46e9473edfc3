import { describe, expect, it } from 'vitest';
import { buildPdf, draw, drawLines } from './pdf-file.ts';
import { readPages, readPdfBytes } from './pdf-reader.ts';

const left = [
  'The supplier delivers the goods to',
  'the place that the buyer names in',
  'writing, within ten days of the',
  'order, at the price agreed between',
  'the parties for this purpose.',
];
const right = [
  'The buyer examines the goods when',
  'they arrive, and gives notice of',
  'all defects that it finds within',
  'five days, or else it loses the',
  'rights that follow from them.',
];

describe('columns', () => {
  it('are read one after the other, even when the file draws them row by row', async () => {
    const rows = left.map(
      (line, index) => draw(50, 700 - 12 * index, line) + draw(310, 700 - 12 * index, right[index] ?? ''),
    );
    const { text } = await readPages([rows.join('')]);
    expect(text).toBe(`${left.join(' ')}\n\n${right.join(' ')}`);
  });

  it('are read below a title that spans them, and above a note that does', async () => {
    const title = draw(150, 740, 'GENERAL TERMS OF SALE AND DELIVERY IN FORCE', 'courier', 12);
    const note = draw(50, 600, 'This note runs under both of the columns and is about neither of them at all.');
    const { text } = await readPages([drawLines(310, 700, right) + note + drawLines(50, 700, left) + title]);
    expect(text.split('\n\n')).toEqual([
      'GENERAL TERMS OF SALE AND DELIVERY IN FORCE',
      left.join(' '),
      right.join(' '),
      'This note runs under both of the columns and is about neither of them at all.',
    ]);
  });

  it('end where a table begins that looks like them', async () => {
    const columns = drawLines(50, 700, left) + drawLines(310, 700, right);
    const note = draw(50, 620, 'The prices that follow are those of the day on which this list was made up.');
    const table = ['Fee', 'Tax', 'Sum', 'Due'].map(
      (cell, row) => draw(50, 600 - 14 * row, cell) + draw(310, 600 - 14 * row, String(row)),
    );
    const { text } = await readPages([columns + note + table.join('')]);
    expect(text.endsWith('\n\nFee\t0\nTax\t1\nSum\t2\nDue\t3')).toBe(true);
  });

  it('need not stand on the same baselines', async () => {
    const { text } = await readPages([drawLines(310, 695, right) + drawLines(50, 700, left)]);
    expect(text).toBe(`${left.join(' ')}\n\n${right.join(' ')}`);
  });

  it('carry a sentence over from one to the next', async () => {
    const { text } = await readPages([
      drawLines(50, 700, left.slice(0, 4)) + drawLines(310, 700, ['that the parties agreed.', ...right]),
    ]);
    expect(text).toContain('at the price agreed between that the parties agreed.');
  });
});

describe('tables', () => {
  it('are read row by row with tabs between the cells', async () => {
    const rows = [
      ['Item', 'Price', 'Due'],
      ['Licence', '5,000 EUR', '1 May'],
      ['Support', '900 EUR', '1 June'],
      ['Travel', '100 EUR', '1 July'],
    ];
    const content = rows.map((cells, row) =>
      cells.map((cell, column) => draw(60 + 150 * column, 700 - 14 * row, cell)).join(''),
    );
    const { text } = await readPages([content.join('')]);
    expect(text).toBe('Item\tPrice\tDue\nLicence\t5,000 EUR\t1 May\nSupport\t900 EUR\t1 June\nTravel\t100 EUR\t1 July');
  });

  it('with wrapped cells are read cell by cell where the rows are set apart', async () => {
    const content = [
      drawLines(60, 700, ['Early', 'termination']) +
        drawLines(200, 700, ['Either party may end the', 'agreement in writing.']),
      drawLines(60, 660, ['Late', 'delivery']) + drawLines(200, 660, ['The price is reduced by', 'one percent a day.']),
    ];
    const { text } = await readPages([content.join('')]);
    expect(text).toBe(
      'Early termination\tEither party may end the agreement in writing.\nLate delivery\tThe price is reduced by one percent a day.',
    );
  });

  it('go on in the last cell when only that one is wrapped', async () => {
    const content =
      draw(60, 700, 'Territory') +
      drawLines(200, 700, ['The member states of the', 'European Union.']) +
      draw(60, 676, 'Term') +
      draw(200, 676, 'Two years.');
    const { text } = await readPages([content]);
    expect(text).toBe('Territory\tThe member states of the European Union.\nTerm\tTwo years.');
  });
});

describe('paragraphs', () => {
  const first = [
    'The parties agree on the following terms for the delivery of goods and',
    'the services that belong to it.',
  ];
  const second = [
    'They keep to these terms for as long as the agreement between them is in',
    'force, and for one year after its end.',
  ];

  it('are told by the space between them', async () => {
    const { text } = await readPages([drawLines(72, 700, first) + drawLines(72, 664, second)]);
    expect(text).toBe(`${first.join(' ')}\n\n${second.join(' ')}`);
  });

  it('are told by a first line that is set in', async () => {
    const content = [first, second, first].map(
      ([one = '', two = ''], index) => draw(92, 700 - 24 * index, one) + draw(72, 688 - 24 * index, two),
    );
    const { text } = await readPages([content.join('')]);
    expect(text.split('\n\n')).toEqual([first.join(' '), second.join(' '), first.join(' ')]);
  });

  it('of a single line each are told by where others begin', async () => {
    const line = 'WHEREAS the supplier makes and sells the goods that are listed below;';
    const long = [line, line, line].map(
      (text, index) =>
        draw(92, 640 - 24 * index, text) +
        draw(72, 628 - 24 * index, 'and the buyer wants to buy them from the supplier for its own business,'),
    );
    const { text } = await readPages([draw(92, 664, line) + draw(92, 652, line) + long.join('')]);
    expect(text.split('\n\n').slice(0, 2)).toEqual([line, line]);
  });

  it('numbered with hanging text keep their number, whatever the distance', async () => {
    const content =
      draw(72, 700, '2.1') +
      drawLines(108, 700, [
        'The fee is due within thirty days of the invoice, and is paid to',
        'the account that it names.',
      ]) +
      draw(72, 676, '(a)') +
      draw(108, 676, 'by transfer.');
    const { text } = await readPages([content]);
    expect(text).toBe(
      '2.1 The fee is due within thirty days of the invoice, and is paid to the account that it names.\n\n(a) by transfer.',
    );
  });

  it('numbered with hanging text are no table of numbers and texts', async () => {
    const clause = ['The parties keep to all the terms of this agree-', 'ment for as long as it is in force.'];
    const content = ['1.', '2.', '3.'].map(
      (number, index) => draw(72, 700 - 40 * index, number) + drawLines(120, 700 - 40 * index, clause),
    );
    const { text } = await readPages([content.join('')]);
    const paragraph = 'The parties keep to all the terms of this agreement for as long as it is in force.';
    expect(text).toBe(`1. ${paragraph}\n\n2. ${paragraph}\n\n3. ${paragraph}`);
  });

  it('keep short lines apart on a page that has no others', async () => {
    const { text } = await readPages([
      drawLines(72, 700, [...first, ...second]),
      drawLines(72, 700, ['Budget number twelve', 'Budget status open']),
    ]);
    expect(text.endsWith('\n\nBudget number twelve\nBudget status open')).toBe(true);
  });

  it('keep the lines of an address apart', async () => {
    const long = draw(72, 700, 'Notices under this agreement are sent to the address that follows here below');
    const { text } = await readPages([long + drawLines(72, 670, ['Prism Ltd', '12 Long Street', 'Dublin 2'])]);
    expect(text.split('\n\n')[1]).toBe('Prism Ltd\n12 Long Street\nDublin 2');
  });

  it('go on over the end of a page', async () => {
    const { text, pageOffsets } = await readPages([
      drawLines(72, 100, [...first, second[0] ?? '']),
      draw(72, 760, second[1] ?? ''),
    ]);
    expect(text).toBe(`${first.join(' ')}\n\n${second.join(' ')}`);
    expect(pageOffsets).toEqual([0, text.indexOf('force')]);
  });

  it('do not go on over the end of a page when the next one begins anew', async () => {
    const { text } = await readPages([drawLines(72, 100, first), drawLines(72, 760, second)]);
    expect(text).toBe(`${first.join(' ')}\n\n${second.join(' ')}`);
  });
});

describe('words broken at the end of a line', () => {
  it('are put together', async () => {
    const { text } = await readPages([drawLines(72, 700, ['The supplier keeps to all terms of this agree-', 'ment.'])]);
    expect(text).toBe('The supplier keeps to all terms of this agreement.');
  });

  it('keep a hyphen that belongs to them', async () => {
    const lines = [
      'A third-party claim is one of a party that is not bound, a third-',
      'party to it; a royalty-free licence is not free of a royalty-',
      'bearing use, when royalty and bearing are words of their own.',
    ];
    const { text } = await readPages([drawLines(72, 700, lines)]);
    expect(text).toContain('a third-party to it');
    expect(text).toContain('of a royalty-bearing use');
  });
});

describe('pages', () => {
  it('have offsets; empty ones begin where the next one does', async () => {
    const { text, pageOffsets } = await readPages([draw(72, 700, 'First page.'), '', draw(72, 700, 'Third page.')]);
    expect(pageOffsets).toEqual([0, text.indexOf('Third'), text.indexOf('Third')]);
  });

  it('that lie on their side are read like any other', async () => {
    const turned = left
      .map((line, index) => `BT /courier 10 Tf 0 1 -1 0 ${100 + 12 * index} 72 Tm (${line}) Tj ET\n`)
      .join('');
    const { text } = await readPages([turned]);
    expect(text).toBe(left.join(' '));
  });

  it('give a stamp at their margin last', async () => {
    const stamp = 'BT /courier 10 Tf 0 1 -1 0 30 300 Tm (Draft of May) Tj ET\n';
    const { text } = await readPages([stamp + drawLines(72, 700, left)]);
    expect(text).toBe(`${left.join(' ')}\n\nDraft of May`);
  });
});

describe('scripts', () => {
  it('reads Japanese by the predefined character maps, without spaces between lines', async () => {
    // "日本語" and "日本" in Shift JIS; the font is not in the file.
    const { text } = await readPages([
      drawLines(72, 700, ['\x93\xfa\x96\x7b\x8c\xea', '\x93\xfa\x96\x7b'], 'japanese'),
    ]);
    expect(text).toBe('日本語日本');
  });

  it('reads vertical Japanese from right to left', async () => {
    const content =
      draw(500, 700, '\x93\xfa\x96\x7b', 'japaneseVertical') + draw(480, 700, '\x8c\xea', 'japaneseVertical');
    const { text } = await readPages([content]);
    expect(text).toBe('日本語');
  });

  it('reads Hebrew from right to left, in the order of its runs', async () => {
    // As PDFs draw it: from left to right as the eye sees it.
    const seen = (word: string): string => word.split('').reverse().join('');
    const content = draw(200, 700, seen('שלום'), 'unicode') + draw(170, 700, seen('עולם'), 'unicode');
    const { text } = await readPages([content]);
    expect(text).toBe('שלום עולם');
  });

  it('takes ligatures apart and drops what is no character', async () => {
    const { text } = await readPages([draw(72, 700, 'of\u0000\ufb01ce \u0007y', 'unicode')]);
    expect(text).toBe('office y');
  });

  it('reads words drawn twice for bold type once', async () => {
    const { text } = await readPages([draw(72, 700, 'Warranty') + draw(72.4, 700, 'Warranty')]);
    expect(text).toBe('Warranty');
  });

  it('reads a file that has only an owner password', async () => {
    const { text } = await readPdfBytes(buildPdf([{ content: draw(72, 700, 'Readable.') }], { isEncrypted: true }));
    expect(text).toBe('Readable.');
  });
});
