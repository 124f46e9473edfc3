import { contractSections } from './documents.ts';

/** The small contract as a PDF: one page a section, headings in a larger type. */
export async function minimalPdf(): Promise<Uint8Array> {
  const pages = contractSections.map(({ title, text }) => pageContent(title, text));
  const pageIds = pages.map((_page, index) => 4 + index * 2);
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${pageIds.map((id) => `${id} 0 R`).join(' ')}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...pages.flatMap((content, index) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + index * 2} 0 R >>`,
      `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    ]),
  ];
  let file = '%PDF-1.4\n';
  const offsets = objects.map((body, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${body}\nendobj\n`;
    return offset;
  });
  const start = file.length;
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(file, 'latin1');
}

function pageContent(title: string, text: string): string {
  const lines = text.match(/.{1,80}(?:\s|$)/g) ?? [];
  const escape = (words: string): string => words.replaceAll(/[\\()]/g, (character) => `\\${character}`);
  const body = lines.map((line) => `(${escape(line.trim())}) Tj T*`).join('\n');
  return `BT /F1 20 Tf 72 720 Td (${escape(title)}) Tj ET\nBT /F1 11 Tf 14 TL 72 680 Td\n${body}\nET`;
}
