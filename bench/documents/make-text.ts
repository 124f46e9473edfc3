import { contractClauses, feeTable, hasTable, type Clause } from './contract-clauses.ts';

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('’', '&rsquo;');

/** A contract as word processors save it as a page: styles at every element, spans within the paragraphs. About `sizeBytes`. */
export function makeHtml(sizeBytes: number): string {
  const parts = [
    '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>Agreement</title>\n<style>p.body { margin: 0 0 6pt; font: 11pt serif }</style>\n</head>\n<body>\n<h1>Master Services Agreement</h1>\n',
  ];
  fill(parts, sizeBytes, (clause) => {
    const [first = '', ...others] = clause.paragraphs.map(escapeHtml);
    const [start, ...rest] = first.split('. ');
    const lead = `<p class="body" style="text-align:justify"><span style="font-weight:bold">${start}.</span> <span lang="en-GB">${rest.join('. ')}</span></p>\n`;
    const list = `<ol type="a">\n<li>see <a href="#c${clause.number - 1}">clause ${clause.number - 1}</a>,</li>\n<li>and &sect;&nbsp;${clause.number}.</li>\n</ol>\n`;
    return [
      `<h2 id="c${clause.number}">${clause.number}. ${clause.title}</h2>\n`,
      lead,
      ...others.map((text) => `<p class="body" style="text-align:justify"><span lang="en-GB">${text}</span></p>\n`),
      list,
      hasTable(clause) ? htmlTable(clause) : '',
    ].join('');
  });
  return `${parts.join('')}</body></html>\n`;
}

const htmlTable = (clause: Clause): string =>
  `<table border="1">\n${feeTable(clause)
    .map((row) => `<tr>${row.map((cell) => `<td valign="top"><p class="body">${cell}</p></td>`).join('')}</tr>\n`)
    .join('')}</table>\n`;

/** A contract with a heading and some emphasis for every paragraph. About `sizeBytes`. */
export function makeMarkdown(sizeBytes: number): string {
  const parts = ['# Master Services Agreement\n\n'];
  fill(parts, sizeBytes, (clause) =>
    [
      `## ${clause.number}. ${clause.title}\n\n`,
      ...clause.paragraphs.flatMap((text, index) => {
        const [start, ...rest] = text.split('. ');
        return [`### ${clause.number}.${index + 1} Details\n\n`, `**${start}.** ${rest.join('. ')}\n\n`];
      }),
      `- see [clause ${clause.number - 1}](#c${clause.number - 1}),\n- and *this* one.\n\n`,
      hasTable(clause) ? markdownTable(clause) : '',
    ].join(''),
  );
  return parts.join('');
}

function markdownTable(clause: Clause): string {
  const [header = [], ...rows] = feeTable(clause).map((row) => `| ${row.join(' | ')} |`);
  return `${[header, '|---|---:|---:|---|', ...rows].join('\n')}\n\n`;
}

function fill(parts: string[], sizeBytes: number, toText: (clause: Clause) => string): void {
  let length = 0;
  for (const clause of contractClauses(Math.ceil(sizeBytes / 500))) {
    const text = toText(clause);
    parts.push(text);
    length += text.length;
    if (length >= sizeBytes) return;
  }
}
