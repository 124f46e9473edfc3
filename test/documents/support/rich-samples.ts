import { deflateSync } from 'node:zlib';
import { buildPdf, draw, drawLines, pageObject } from '../pdf-file.ts';

const packed = (content: string) => ({
  dictionary: '/Filter/FlateDecode',
  data: deflateSync(Buffer.from(content, 'latin1')),
});

const unicodeMap = `begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange
2 beginbfrange <0020> <00FF> <0020> <2010> <2030> <2010> endbfrange 1 beginbfchar <20AC> <20AC> endbfchar endcmap`;

/** What PDFs are made of in one file of four kB: packed pages, outline, tags, a form, a font with a map of its own, two columns, a table. */
export function richPdf(): Buffer {
  const tagged = (id: number, tag: string, content: string): string => `/${tag} <</MCID ${id}>> BDC\n${content}EMC\n`;
  const column = (x: number): string =>
    drawLines(
      x,
      600,
      Array.from({ length: 8 }, (_, line) => `and so on with line ${line} of it`),
    );
  const contents = [
    tagged(0, 'H1', draw(72, 740, '1. Scope', 'courierBold', 14)) +
      tagged(1, 'P', drawLines(72, 710, ['The supplier delivers the goods, and an agree-', 'ment is made.'])) +
      column(72) +
      column(320),
    tagged(0, 'H1', draw(72, 740, '2. Term', 'courierBold', 14)) +
      tagged(1, 'P', draw(72, 710, 'Zwei Jahre, “fest” – “€ 500”.', 'unicode')) +
      [0, 1, 2].map((row) => draw(72, 600 - 14 * row, `Fee ${row}`) + draw(300, 600 - 14 * row, '500 EUR')).join(''),
  ];
  const numbers = contents.map((_, index) => pageObject(index + 1));
  const element = (page: number, id: number, tag: string): string =>
    `<</Type/StructElem/S/${tag}/P 110 0 R/Pg ${numbers[page]} 0 R/K ${id}>>`;
  return buildPdf(
    contents.map((_, index) => ({ content: '', entries: `/StructParents ${index}` })),
    {
      catalog: '/MarkInfo<</Marked true>>/StructTreeRoot 110 0 R/Outlines 100 0 R/AcroForm<</Fields[120 0 R]>>',
      objects: {
        ...Object.fromEntries(contents.map((content, index) => [(numbers[index] ?? 0) + 1, packed(content)])),
        22: packed(unicodeMap),
        100: '<</First 101 0 R/Last 103 0 R/Count 3>>',
        101: `<</Title(1. Scope)/Next 102 0 R/Dest[${numbers[0]} 0 R/XYZ 72 750 0]>>`,
        102: `<</Title(2. Term)/Next 103 0 R/Prev 101 0 R/Dest[${numbers[1]} 0 R/XYZ 72 750 0]>>`,
        103: `<</Title(Fees)/Prev 102 0 R/Dest[${numbers[1]} 0 R/Fit]>>`,
        110: `<</Type/StructTreeRoot/K[111 0 R 112 0 R 113 0 R 114 0 R]/ParentTree 115 0 R>>`,
        111: element(0, 0, 'H1'),
        112: element(0, 1, 'P'),
        113: element(1, 0, 'H1'),
        114: element(1, 1, 'P'),
        115: '<</Nums[0[111 0 R 112 0 R]1[113 0 R 114 0 R]]>>',
        120: `<</T(name)/FT/Tx/V(Prism Ltd)/Type/Annot/Subtype/Widget/Rect[72 500 200 515]/P ${numbers[1]} 0 R>>`,
      },
    },
  );
}

export const richHtml = `<!doctype html><html><head><meta charset=utf-8><title>x</title><style>p{color:red}</style></head>
<body><h1>Agreement &mdash; “final”</h1><p style="display:block">The fee is &euro;&nbsp;500 &amp; due<br>now.</p>
<h2 id=a>1. Scope</h2><ol type=a start=3><li>One<ul><li>Two</ul></ol><table><tr><th>Item<th>Price<tr><td>A<td>5</table>
<pre>\n  code</pre><div role=heading aria-level=3>Special</div><p hidden>x</p><script>if (a < b) x()</script><input value="y">
<!-- note --><svg><text>E</text></svg><b><i>un</b>closed</i>&#x1F600;&#0;</body></html>`;

export const richMarkdown = `---\ntitle: x\n---\n\n# Terms – “final”\n\nThe *fee* **is** [due](http://x.y "t"), see <https://a.b>; \`c\` ~~no~~ &copy;.\n
- a\n  1. b\n     > q\n- [ ] c\n\n| a | b |\n|:--|--:|\n| c | \`x\\|y\` |\n\nScope\n-----\n\n<div>h <b>i</b></div>\n\n\`\`\`sh\n# no\n\`\`\`\n
[ref]: http://x.y\n![p][ref]\n\nEnd\n===\n`;

export const richText = `SERVICE AGREEMENT\r\n\r\n1. SCOPE\r\n\r\nThe parties’ fee – “net” – is €500.\r\n\r\nArticle 5 Term\r\n\r\nTwo years.\u000c\r\n第3条 期間\r\n\r\nUnderlined\r\n==========\r\n\ttext\u00a0end`;
