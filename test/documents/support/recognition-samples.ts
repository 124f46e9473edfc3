import iconv from 'iconv-lite';
import { buildPdf, draw, drawLines, pageObject, type PdfPage } from '../pdf-file.ts';
import {
  abstractList,
  docxParts,
  list,
  listed,
  paragraph,
  run,
  style,
  styled,
  table,
  zipParts,
  type DocxContent,
} from './build-docx.ts';
import { contractSample } from './contract-sample.ts';

/** What is in a sample, and what is to become of it. */
export type Feature = { readonly feature: string } & (
  | { readonly headings: readonly string[] }
  /** Stands so in the text; a line with its end where that matters. */
  | { readonly text: readonly string[] }
  | { readonly leftOut: readonly string[] }
  | { readonly pages: number }
);

export type RecognitionSample = {
  readonly name: string;
  readonly filename: string;
  readonly bytes: Uint8Array;
  readonly features: readonly Feature[];
};

const prose = [
  'The supplier delivers the goods to',
  'the place that the buyer names in',
  'writing, within ten days of the',
  'order, at the price agreed between',
  'the parties for this purpose.',
];

export async function recognitionSamples(): Promise<readonly RecognitionSample[]> {
  return [
    await contract(),
    wordFeatures(),
    styledPdf(),
    outlinedPdf(),
    taggedPdf(),
    columnsPdf(),
    html(),
    markdown(),
    plainText(),
    ...encodings(),
  ];
}

const contract = async (): Promise<RecognitionSample> => ({
  name: 'contract.docx',
  filename: 'contract.docx',
  bytes: await contractSample(),
  features: [
    {
      feature: 'headings, numbered as Word shows them',
      headings: [
        '1 Services Agreement',
        '1 1. Services',
        '2 1.1 Standard of care',
        '2 1.2 Changes',
        '1 2. Fees',
        '2 2.1 Late payment',
        '1 3. Term',
        '2 3.1 Termination',
      ],
    },
    {
      feature: 'items of lists',
      text: [
        '\n● Maintenance of the software\n',
        '\n● Support on working days\n',
        '\n(a) The services follow',
        '\n(b) The Provider may use',
        '\n(a) Interest accrues',
        '\n(a) Either party may',
      ],
    },
    {
      feature: 'rows of tables',
      text: ['Item\tAmount\tDue\n', 'Setup\tEUR 1,000\ton signing\n', 'Monthly\tEUR 7,500\t\n'],
    },
    { feature: 'footnotes', text: ['per month[1].\n[1] Net of value added tax.'] },
    { feature: 'tracked insertions', text: ['EUR 7,500 per month'] },
    { feature: 'tracked deletions', leftOut: ['5,000'] },
    { feature: 'comments', leftOut: ['Is this agreed?'] },
    { feature: 'text of links', text: ['published at example.com/terms.'] },
  ],
});

function wordFeatures(): RecognitionSample {
  const level = (value: number): string => `<w:pPr><w:outlineLvl w:val="${value}"/></w:pPr>`;
  const named = ['heading 1', 'Überschrift 1', 'Titre 1', 'Título 1', 'Заголовок 1', '标题 1', '見出し 1', '제목 1'];
  const boxed = `<w:txbxContent>${paragraph('In a text box.')}</w:txbxContent>`;
  const shape = `<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>${boxed}</w:drawing></mc:Choice><mc:Fallback><w:pict>${boxed}</w:pict></mc:Fallback></mc:AlternateContent></w:r>`;
  const field = `<w:r><w:instrText> PAGEREF x </w:instrText></w:r>${run('On page 12.')}`;
  const moved = `<w:moveFrom w:id="3">${run('The old place.')}</w:moveFrom><w:moveTo w:id="4">${run('The new place.')}</w:moveTo>`;
  const control = `<w:sdt><w:sdtPr><w:alias w:val="x"/></w:sdtPr><w:sdtContent>${run('In a control.')}</w:sdtContent></w:sdt>`;
  const numbers = [
    { format: 'upperRoman', text: 'Article %1' },
    { format: 'decimal', text: '%1.%2' },
  ];
  const body = [
    ...named.map((_, index) => styled(`S${index}`, `Heading ${index}`)),
    styled('Own', 'By a chain of styles'),
    paragraph('By its own level', '<w:outlineLvl w:val="1"/>'),
    listed(1, 0, 'of the list'),
    listed(1, 1, 'of its second level'),
    paragraph(run('Before') + shape),
    paragraph(control + field + moved),
    paragraph(`${run('Noted')}<w:r><w:endnoteReference w:id="1"/></w:r>`),
    paragraph(run('Hidden in Word.', '<w:vanish/>')),
    paragraph('<m:oMath><m:r><m:t>a+b=c</m:t></m:r></m:oMath>'),
    paragraph('<w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:t> ticked</w:t></w:r>'),
    table(['left', table(['a', 'b'], ['c', 'd']) + paragraph('below'), 'right']),
  ];
  return {
    name: 'features.docx',
    filename: 'features.docx',
    bytes: withHeader({
      body: body.join(''),
      styles: [
        ...named.map((name, index) => style(`S${index}`, name)),
        style('Base', 'Base', level(2)),
        style('Own', 'Own', '<w:basedOn w:val="Base"/>'),
      ].join(''),
      numbering: abstractList(0, numbers) + list(1, 0),
      endnotes: `<w:endnote w:id="1">${paragraph('At the end.')}</w:endnote>`,
    }),
    features: [
      {
        feature: 'headings by the name of their style, in eight languages',
        headings: named.map((_, index) => `1 Heading ${index}`),
      },
      {
        feature: 'headings by a chain of styles, or their own level',
        headings: ['3 By a chain of styles', '2 By its own level'],
      },
      { feature: 'numbers of lists', text: ['Article I of the list', 'I.1 of its second level'] },
      { feature: 'text boxes', text: ['Before\nIn a text box.\n'] },
      { feature: 'content controls and results of fields', text: ['In a control.', 'On page 12.'] },
      { feature: 'codes of fields', leftOut: ['PAGEREF'] },
      { feature: 'moved text, at its new place', text: ['The new place.'] },
      { feature: 'moved text, at its old place', leftOut: ['The old place.'] },
      { feature: 'running headers', leftOut: ['In the header.'] },
      { feature: 'endnotes', text: ['Noted[i]\n[i] At the end.'] },
      { feature: 'hidden text, which a reviewer has to know of', text: ['Hidden in Word.'] },
      { feature: 'formulas and symbols', text: ['a+b=c', '☑ ticked'] },
      { feature: 'tables inside of tables', text: ['left\ta b c d below\tright\n'] },
    ],
  };
}

const withHeader = (content: DocxContent): Uint8Array =>
  zipParts({
    ...docxParts(content),
    'word/header1.xml': `<w:hdr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">${paragraph('In the header.')}</w:hdr>`,
  });

function styledPdf(): RecognitionSample {
  const titles = [
    ['Scope', 'Services'],
    ['Fees', 'Invoices'],
    ['Term', 'Renewal'],
    ['Liability', 'Caps'],
  ] as const;
  // Pages that said the same at the same height would have it for running headers.
  const pages = titles.map(([title, sub], index): PdfPage => {
    const number = index + 1;
    const lines = [
      `All that the parties owe each other for ${sub.toLowerCase()} is governed by this agree-`,
      `ment and by nothing else; what they said of ${title.toLowerCase()} before counts for a long-`,
      'term customer only as long as the term runs and it was put in writing, as a cross-',
      'border matter of the parties.',
    ];
    const rows = ['Item', 'Licence', 'Support'].map(
      (cell, row) => draw(72, 630 - 14 * row, cell) + draw(300, 630 - 14 * row, `${number}${row}0 EUR`),
    );
    return {
      content: [
        draw(72, 815, 'Master Agreement - Confidential', 'courier', 8),
        draw(72, 760, `${number}. ${title}`, 'courierBold', 14),
        draw(72, 735, `${number}.1 ${sub}`, 'courierBold'),
        drawLines(72, 715, lines),
        ...rows,
        draw(72, 580, `${number}.2 Notices. Each party shall give notice of ${title.toLowerCase()} in writing only.`),
        draw(290, 30, `Page ${number} of 4`, 'courier', 8),
      ].join(''),
    };
  });
  return {
    name: 'styled.pdf',
    filename: 'styled.pdf',
    bytes: buildPdf(pages, { isEncrypted: true }),
    features: [
      {
        feature: 'headings by type and number',
        headings: titles.flatMap(([title, sub], index) => [`1 ${index + 1}. ${title}`, `2 ${index + 1}.1 ${sub}`]),
      },
      { feature: 'titles that run into their clause', headings: titles.map((_, index) => `2 ${index + 1}.2 Notices.`) },
      { feature: 'pages, of a file encrypted without a password', pages: 4 },
      {
        feature: 'words broken at the end of a line',
        text: titles.map(([, sub]) => `${sub.toLowerCase()} is governed by this agreement and`),
      },
      {
        feature: 'hyphens that belong to their words, if the document has these elsewhere',
        text: titles.map(([title]) => `${title.toLowerCase()} before counts for a long-term customer`),
      },
      { feature: 'hyphens that belong to their words, if nothing else tells', text: ['a cross-border matter'] },
      {
        feature: 'tables, row by row',
        text: titles.map(
          (_, index) => `Item\t${index + 1}00 EUR\nLicence\t${index + 1}10 EUR\nSupport\t${index + 1}20 EUR`,
        ),
      },
      {
        feature: 'running headers and footers, page numbers',
        leftOut: ['Confidential', 'Page 1', 'Page 2', 'Page 3', 'Page 4'],
      },
    ],
  };
}

function outlinedPdf(): RecognitionSample {
  const entries = ['Scope', '2. Fees and expenses', 'Term'];
  const content =
    draw(72, 740, 'Scope') +
    drawLines(72, 720, prose) +
    draw(72, 640, '2. Fees and expenses') +
    drawLines(72, 620, prose);
  return {
    name: 'outlined.pdf',
    filename: 'outlined.pdf',
    bytes: buildPdf(
      [
        { content },
        {
          content:
            draw(72, 740, 'Term') + drawLines(72, 720, prose) + draw(72, 600, '\x93\xfa\x96\x7b\x8c\xea', 'japanese'),
        },
      ],
      {
        catalog: '/Outlines 100 0 R/AcroForm<</Fields[120 0 R]>>',
        objects: {
          100: '<</Type/Outlines/First 101 0 R/Last 103 0 R/Count 3>>',
          101: `<</Title(${entries[0]})/Parent 100 0 R/Next 102 0 R/Dest[${pageObject(1)} 0 R/XYZ 72 750 0]>>`,
          102: `<</Title(${entries[1]})/Parent 100 0 R/Next 103 0 R/Dest[${pageObject(1)} 0 R/XYZ 72 650 0]>>`,
          103: `<</Title(${entries[2]})/Parent 100 0 R/Dest[${pageObject(2)} 0 R/XYZ 72 750 0]>>`,
          120: `<</T(party)/FT/Tx/V(Prism Ltd)/Type/Annot/Subtype/Widget/Rect[72 560 200 575]/P ${pageObject(2)} 0 R>>`,
        },
      },
    ),
    features: [
      { feature: 'headings by outline', headings: entries.map((title) => `1 ${title}`) },
      { feature: 'Japanese without a font', text: ['日本語'] },
      { feature: 'what was filled into a form', text: ['Prism Ltd'] },
      { feature: 'pages', pages: 2 },
    ],
  };
}

function taggedPdf(): RecognitionSample {
  const tagged = (tag: string, id: number, content: string): string => `/${tag} <</MCID ${id}>> BDC\n${content}EMC\n`;
  const kinds = ['H1', 'P', 'H2', 'P'];
  const content =
    `/Artifact BMC\n${draw(72, 820, 'Printed on Monday')}EMC\n` +
    tagged('H1', 0, draw(72, 740, 'Services')) +
    tagged('P', 1, drawLines(72, 720, prose)) +
    tagged('H2', 2, draw(72, 640, 'Scope of the') + draw(72, 628, 'services')) +
    tagged('P', 3, drawLines(72, 610, prose));
  const elements = kinds.map(
    (kind, id) => [210 + id, `<</Type/StructElem/S/${kind}/P 201 0 R/Pg ${pageObject(1)} 0 R/K ${id}>>`] as const,
  );
  const references = elements.map(([number]) => `${number} 0 R`).join(' ');
  return {
    name: 'tagged.pdf',
    filename: 'tagged.pdf',
    bytes: buildPdf([{ content, entries: '/StructParents 0' }], {
      catalog: '/MarkInfo<</Marked true>>/StructTreeRoot 200 0 R',
      objects: {
        200: '<</Type/StructTreeRoot/K 201 0 R/ParentTree 202 0 R>>',
        201: `<</Type/StructElem/S/Document/P 200 0 R/K[${references}]>>`,
        202: `<</Nums[0[${references}]]>>`,
        ...Object.fromEntries(elements),
      },
    }),
    features: [
      { feature: 'headings by structure tree', headings: ['1 Services', '2 Scope of the services'] },
      { feature: 'what is tagged as no content', leftOut: ['Printed on Monday'] },
    ],
  };
}

function columnsPdf(): RecognitionSample {
  const title = draw(150, 740, 'GENERAL TERMS OF SALE AND DELIVERY IN FORCE', 'courier', 12);
  const right = [
    'The buyer examines the goods when',
    'they arrive, and gives notice of',
    'all defects that it finds within',
    'five days, or else it loses the',
    'rights that follow from them.',
  ];
  const rows = prose.map(
    (line, index) => draw(50, 700 - 12 * index, line) + draw(310, 700 - 12 * index, right[index] ?? ''),
  );
  return {
    name: 'columns.pdf',
    filename: 'columns.pdf',
    bytes: buildPdf([{ content: rows.join('') + title }]),
    features: [
      { feature: 'columns, one after the other, though drawn line by line', text: [prose.join(' '), right.join(' ')] },
      { feature: 'a title above both', text: ['GENERAL TERMS OF SALE AND DELIVERY IN FORCE\n\nThe supplier'] },
    ],
  };
}

const html = (): RecognitionSample => ({
  name: 'page.html',
  filename: 'page.html',
  bytes: Buffer.from(
    `<!doctype html><html><head><title>Not shown</title><style>p { color: red }</style><script>alert(1)</script></head><body>
<h1>Terms &amp; conditions</h1><p>The fee is &euro;&nbsp;500.<br>It is due.</p><h2>1. Scope</h2><div role="heading" aria-level="3">Special</div>
<ol><li>One<ol type="a"><li>Sub</li></ol></li></ol><ul><li>Dot</li></ul>
<table><tr><th>Item<th>Price<tr><td>Licence<td>5</table><pre>if (a)\n  b();</pre>
<p>Party: <input value="Prism Ltd"></p><p hidden>Hidden one</p><div style="display: none">Hidden two</div><!-- Note --></body></html>`,
  ),
  features: [
    { feature: 'headings', headings: ['1 Terms & conditions', '2 1. Scope', '3 Special'] },
    { feature: 'items of lists', text: ['1. One', 'a. Sub', '• Dot'] },
    { feature: 'rows of tables', text: ['Item\tPrice\n', 'Licence\t5\n'] },
    { feature: 'preformatted text, and what was filled into a form', text: ['if (a)\n  b();', 'Party: Prism Ltd'] },
    {
      feature: 'scripts, styles, comments, hidden elements, the title of the tab',
      leftOut: ['alert', 'color', 'Note', 'Hidden one', 'Hidden two', 'Not shown'],
    },
  ],
});

const markdown = (): RecognitionSample => ({
  name: 'notes.md',
  filename: 'notes.md',
  bytes: Buffer.from(
    '---\ntitle: Terms\n---\n\n# Terms of *service*\n\nThe fee is **due**, see [there](http://x.y).\n\nScope\n-----\n\n<h3>Fees</h3>\n\n- Dot\n  1. Sub\n\n| Item | Price |\n|---|---|\n| Licence | 5 |\n\n```sh\n# no heading\n```\n\n<!-- Note -->\n',
  ),
  features: [
    { feature: 'headings with #, underlined, in HTML', headings: ['1 Terms of service', '2 Scope', '3 Fees'] },
    { feature: 'items of lists', text: ['• Dot', '1. Sub'] },
    { feature: 'rows of tables', text: ['Item\tPrice\n', 'Licence\t5'] },
    { feature: 'code and metadata', text: ['# no heading', 'title: Terms'] },
    { feature: 'markup, addresses of links, comments', leftOut: ['**', 'http://x.y', 'Note'] },
  ],
});

const plainText = (): RecognitionSample => ({
  name: 'agreement.txt',
  filename: 'agreement.txt',
  bytes: Buffer.from(
    'SERVICE AGREEMENT\n\n1. DEFINITIONS\n\nThe parties agree.\n\n2. Payment Terms\n\nThe fee is due.\n\n2.1 Late Payment\n\nInterest is due.\n\nArticle 5 Termination\n\nTwo years.\n\nScope\n=====\n\nAll of it.\n\n第4条 期間\n\n二年。\n\nTOTAL: 500 EUR\n\n3. The supplier delivers the goods.\n',
  ),
  features: [
    {
      feature: 'headings by number, capitals, underline',
      headings: [
        '3 2.1 Late Payment',
        '1 Article 5 Termination',
        '1 第4条 期間',
        '1 SERVICE AGREEMENT',
        '2 1. DEFINITIONS',
        '2 2. Payment Terms',
        '1 Scope',
      ],
    },
  ],
});

/** The same words in each encoding. */
function encodings(): RecognitionSample[] {
  const latin = 'The Supplier’s fee – “net” – is €500. Die Vergütung wird fällig.';
  const cyrillic = 'Настоящий договор вступает в силу с момента подписания. Заказчик обязуется оплатить услуги.';
  const japanese = '本契約は署名の日から効力を生じる。顧客は三十日以内に報酬を支払うものとする。';
  const chinese = '本合同自签署之日起生效。客户应在三十日内支付报酬。';
  const korean = '본 계약은 서명일부터 효력이 발생한다. 고객은 보수를 지급하여야 한다.';
  const cases: readonly (readonly [encoding: string, text: string, addBOM: boolean])[] = [
    ['utf-8', latin, false],
    ['utf-8', latin, true],
    ['utf-16le', latin, true],
    ['utf-16be', latin, true],
    ['utf-16le', latin, false],
    ['utf-16be', latin, false],
    ['windows-1252', latin, false],
    ['windows-1251', cyrillic, false],
    ['shift_jis', japanese, false],
    ['gb18030', chinese, false],
    ['euc-kr', korean, false],
  ];
  return cases.map(([encoding, text, addBOM]) => ({
    name: 'texts in other encodings',
    filename: 'a.txt',
    bytes: iconv.encode(`${text}\n`, encoding, { addBOM }),
    features: [{ feature: `${encoding.toUpperCase()}${addBOM ? ' with its mark' : ''}`, text: [text] }],
  }));
}
