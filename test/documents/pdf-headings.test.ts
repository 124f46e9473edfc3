import { describe, expect, it } from 'vitest';
import { draw, drawLines, pageObject } from './pdf-file.ts';
import { outlineOf, readPages } from './pdf-reader.ts';

/** Text of the body, `count` lines of it. */
const body = (y: number, count = 4): string =>
  drawLines(
    72,
    y,
    Array.from(
      { length: count },
      (_, line) => `the parties agree on what is said in line ${'abcdefgh'[line]} of this text here`,
    ),
  );

const outline = (items: readonly (readonly [title: string, page: number, y: number])[]) => {
  const objects: Record<number, string> = {
    100: `<</Type/Outlines/First 101 0 R/Last ${100 + items.length} 0 R/Count ${items.length}>>`,
  };
  for (const [index, [title, page, y]] of items.entries()) {
    const next = index + 1 < items.length ? `/Next ${102 + index} 0 R` : '';
    objects[101 + index] = `<</Title(${title})/Parent 100 0 R${next}/Dest[${pageObject(page)} 0 R/XYZ 72 ${y} 0]>>`;
  }
  return { catalog: '/Outlines 100 0 R', objects };
};

describe('headings by outline', () => {
  const pages = [
    draw(72, 740, '1. Scope') + body(720) + draw(72, 640, '2. Fees and') + draw(72, 628, 'expenses') + body(610),
    draw(72, 740, 'Term') + body(720),
  ];

  it('take the words and the number from the page, and a title over two lines as one', async () => {
    const found = await readPages(
      pages,
      outline([
        ['Scope', 1, 750],
        ['2. Fees and expenses', 1, 650],
        ['3. Term', 2, 750],
      ]),
    );
    expect(outlineOf(found)).toEqual(['1 1. Scope', '1 2. Fees and expenses', '1 Term']);
  });

  it('are given up when most entries are not on their pages', async () => {
    const there = [
      ['Scope', 1, 750],
      ['2. Fees and expenses', 1, 650],
      ['Term', 2, 750],
    ] as const;
    const scan = Array.from({ length: 5 }, (_, index) => [`Image ${index}`, 1, 700] as const);
    expect(outlineOf(await readPages(pages, outline([...there, ...scan])))).not.toContain('1 Term');
    expect(outlineOf(await readPages(pages, outline([...there, ...scan.slice(3)])))).toContain('1 Term');
  });

  it('nest as the outline does, and lead to the place that it names among equal words', async () => {
    const { catalog, objects } = outline([
      ['General', 1, 750],
      ['Special', 2, 750],
    ]);
    const nested = {
      ...objects,
      101: objects[101]?.replace('>>', '/First 110 0 R/Last 110 0 R/Count 1>>') ?? '',
      110: `<</Title(Costs)/Parent 101 0 R/Dest[${pageObject(1)} 0 R/XYZ 72 610 0]>>`,
    };
    const found = await readPages(
      [
        draw(72, 740, 'General') +
          body(720) +
          draw(72, 660, 'Costs') +
          body(640, 2) +
          draw(72, 600, 'Costs') +
          body(580),
        draw(72, 740, 'Special') + body(720),
      ],
      { catalog, objects: nested },
    );
    expect(outlineOf(found)).toEqual(['1 General', '2 Costs', '1 Special']);
    expect(found.headings[1]?.offset).toBe(found.text.lastIndexOf('Costs'));
  });
});

describe('headings by structure tree', () => {
  const tagged = (tag: string, id: number, content: string): string => `/${tag} <</MCID ${id}>> BDC\n${content}EMC\n`;

  it('have the levels of their tags; artifacts in the margin are dropped', async () => {
    const content =
      `/Artifact BMC\n${draw(72, 820, 'Printed on Monday')}EMC\n` +
      tagged('H1', 0, draw(72, 740, 'Services')) +
      tagged('P', 1, body(720)) +
      tagged('H2', 2, draw(72, 640, 'Scope of the') + draw(72, 628, 'services')) +
      tagged('P', 3, body(610));
    const kid = (number: number, role: string, id: number): readonly [number, string] => [
      number,
      `<</Type/StructElem/S/${role}/P 201 0 R/Pg ${pageObject(1)} 0 R/K ${id}>>`,
    ];
    const elements = [kid(210, 'H1', 0), kid(211, 'P', 1), kid(212, 'Subtitle', 2), kid(213, 'P', 3)];
    const found = await readPages(
      [content],
      {
        catalog: '/MarkInfo<</Marked true>>/StructTreeRoot 200 0 R',
        objects: {
          200: `<</Type/StructTreeRoot/K 201 0 R/RoleMap<</Subtitle/H2>>/ParentTree 202 0 R>>`,
          201: `<</Type/StructElem/S/Document/P 200 0 R/K[${elements.map(([number]) => `${number} 0 R`).join(' ')}]>>`,
          202: `<</Nums[0[${elements.map(([number]) => `${number} 0 R`).join(' ')}]]>>`,
          ...Object.fromEntries(elements),
        },
      },
      '/StructParents 0',
    );
    expect(outlineOf(found)).toEqual(['1 Services', '2 Scope of the services']);
    expect(found.text).not.toContain('Monday');
  });
});

describe('headings by their looks', () => {
  it('are larger than the text, and nest by size', async () => {
    const content =
      draw(72, 740, 'Services', 'courier', 16) +
      body(715) +
      draw(72, 650, 'Scope', 'courier', 13) +
      body(630) +
      draw(72, 560, 'Payment', 'courier', 16) +
      body(535);
    expect(outlineOf(await readPages([content]))).toEqual(['1 Services', '2 Scope', '1 Payment']);
  });

  it('are bold and alone; form labels with a value are none', async () => {
    const content =
      draw(72, 740, 'Overview', 'courierBold') +
      body(720) +
      draw(72, 650, 'Subject: a contract', 'courierBold') +
      body(620) +
      draw(72, 550, 'Costs:', 'courierBold') +
      body(530);
    expect(outlineOf(await readPages([content]))).toEqual(['1 Overview', '1 Costs:']);
  });

  it('are numbered clauses with a title, whether it stands alone or runs into the text', async () => {
    const content =
      draw(72, 740, '1. DEFINITIONS', 'courierBold') +
      body(725) +
      drawLines(90, 670, ['1.1 “Affiliate” means a company that the party owns at least by half.']) +
      draw(72, 640, '2. Payment', 'courierBold') +
      drawLines(90, 620, ['2.1 Licence Fee. The buyer pays the fee that the price list names for', 'the goods.']) +
      drawLines(90, 580, ['2.2 Taxes and Duties']) +
      body(560) +
      drawLines(90, 500, ['2.3 The buyer pays them.']);
    expect(outlineOf(await readPages([content]))).toEqual([
      '1 1. DEFINITIONS',
      '1 2. Payment',
      '2 2.1 Licence Fee.',
      '2 2.2 Taxes and Duties',
    ]);
  });

  it('are articles, whose title may stand below them, and their sections', async () => {
    const content =
      draw(270, 740, 'ARTICLE I') +
      draw(250, 726, 'DEFINITIONS') +
      body(700) +
      drawLines(72, 640, [
        'Section 1.1 Terms Used. The words with capitals are those that the list',
        'at the end explains.',
      ]) +
      draw(268, 600, 'ARTICLE II') +
      draw(260, 586, 'PAYMENT') +
      body(560) +
      draw(72, 500, 'SCHEDULE A', 'courierBold') +
      body(480);
    expect(outlineOf(await readPages([content]))).toEqual([
      '1 ARTICLE I DEFINITIONS',
      '2 Section 1.1 Terms Used.',
      '1 ARTICLE II PAYMENT',
      '1 SCHEDULE A',
    ]);
  });

  it('are not the lines of a table of contents', async () => {
    const dots = ' . . . . . . . . . . . . . . . . .';
    const contents =
      draw(72, 740, `1.1 Licence Fee${dots} 2`, 'courierBold') + draw(72, 726, `1.2 Taxes${dots} 3`, 'courierBold');
    expect(
      outlineOf(await readPages([contents + body(700), draw(72, 740, '1.1 Licence Fee', 'courierBold') + body(720)])),
    ).toEqual(['1 1.1 Licence Fee']);
  });

  it('are not the title of the document', async () => {
    const content =
      draw(150, 760, 'SERVICE AGREEMENT', 'courierBold', 20) +
      body(720) +
      draw(72, 650, '1. Scope', 'courierBold', 12) +
      body(630) +
      draw(72, 560, '2. Fees', 'courierBold', 12) +
      body(540);
    expect(outlineOf(await readPages([content]))).toEqual(['1 1. Scope', '1 2. Fees']);
  });

  it('are not the names under which people sign', async () => {
    const signing = draw(72, 600, 'PRISM LIMITED', 'courierBold') + drawLines(72, 586, ['By:', 'Name:']);
    expect(outlineOf(await readPages([body(720) + signing]))).toEqual([]);
  });

  it('stand apart from the text around them', async () => {
    const { text } = await readPages([body(740) + draw(72, 692, 'Payment', 'courierBold') + body(680)]);
    expect(text).toContain('\n\nPayment\n\n');
  });
});

describe('forms', () => {
  it('give what was filled into their fields, beside its label', async () => {
    const field = (number: number, name: string, type: string, value: string, rect: string): [number, string] => [
      number,
      `<</Type/Annot/Subtype/Widget/P ${pageObject(1)} 0 R/FT/${type}/T(${name})/V${value}/Rect[${rect}]/F 4>>`,
    ];
    const fields = [
      field(101, 'party', 'Tx', '(Prism Ltd)', '150 696 300 712'),
      field(102, 'amount', 'Tx', '(5,000 EUR)', '150 676 300 692'),
      field(103, 'agree', 'Btn', '/Yes/AS/Yes/AP<</N<</Yes 22 0 R/Off 22 0 R>>>>', '150 656 162 668'),
    ];
    const content = draw(72, 700, 'Party:') + draw(72, 680, 'Amount:') + draw(72, 660, 'Agreed:');
    const { text } = await readPages(
      [content],
      { catalog: '/AcroForm<</Fields[101 0 R 102 0 R 103 0 R]>>', objects: Object.fromEntries(fields) },
      '/Annots[101 0 R 102 0 R 103 0 R]',
    );
    expect(text).toBe('Party:\tPrism Ltd\nAmount:\t5,000 EUR\nAgreed:\t☒');
  });
});
