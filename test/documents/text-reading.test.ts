import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { cleanText } from '../../src/documents/text-clean.ts';
import { numberingLevels, parseNumbering } from '../../src/documents/text-numbering.ts';
import { readHtml } from '../../src/documents/read-html.ts';
import { readMarkdown } from '../../src/documents/read-markdown.ts';
import { readText } from '../../src/documents/read-text.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { fault, mutations } from './text-mutations.ts';
import { outlineOf, readWith } from './text-reader.ts';

const textOf = async (bytes: string | Uint8Array): Promise<string> => (await readWith(readText, bytes)).text;

describe('encodings', () => {
  const words = 'The Supplier’s fee – “net” – is €500.\nDie Vergütung wird fällig.\n';

  it.each(['utf-8', 'utf-16le', 'utf-16be', 'utf-32le', 'utf-32be'])(
    '%s is told by its byte order mark',
    async (encoding) => {
      expect(await textOf(iconv.encode(words, encoding, { addBOM: true }))).toBe(words);
    },
  );

  it.each(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'])('%s is told without a mark', async (encoding) => {
    expect(await textOf(iconv.encode(words, encoding))).toBe(words);
  });

  it('UTF-16 without a mark is told in scripts other than Latin', async () => {
    const cyrillic = 'Настоящий договор вступает в силу.\nСрок: 30 дней.\n';
    const japanese = '本契約は署名の日から効力を生じる。\n第1条 定義\n顧客は報酬を支払う。\n';
    expect(await textOf(iconv.encode(cyrillic, 'utf-16le'))).toBe(cyrillic);
    expect(await textOf(iconv.encode(japanese, 'utf-16be'))).toBe(japanese);
  });

  it.each([
    ['windows-1251', 'Настоящий договор вступает в силу с момента подписания. Заказчик обязуется оплатить услуги.'],
    [
      'windows-1250',
      'Niniejsza umowa wchodzi w życie z dniem podpisania. Zamawiający zobowiązuje się zapłacić należność.',
    ],
    ['shift_jis', '本契約は署名の日から効力を生じる。顧客は三十日以内に報酬を支払うものとする。'],
    ['gb18030', '本合同自签署之日起生效。客户应在三十日内支付报酬。'],
    ['euc-kr', '본 계약은 서명일부터 효력이 발생한다. 고객은 보수를 지급하여야 한다.'],
  ])('%s is told by its letters', async (encoding, text) => {
    expect(await textOf(iconv.encode(text, encoding))).toBe(text);
  });

  it('UTF-8 with a damaged character is still UTF-8, and so is one that was cut off', async () => {
    const bytes = Buffer.from('Gebühr für Übermüdung: größer äöüß äöüß äöüß äöüß');
    expect(await textOf(bytes.subarray(0, -1))).toMatch(/^Gebühr für Übermüdung/);
  });

  it('HTML is read as it declares, unless it is UTF-8', async () => {
    const html = '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251"><p>Срок</p>';
    expect((await readWith(readHtml, iconv.encode(html, 'windows-1251'))).text).toBe('Срок');
    expect((await readWith(readHtml, html)).text).toBe('Срок');
    const latin = '<meta charset="iso-8859-1"><p>“fee”</p>';
    expect((await readWith(readHtml, iconv.encode(latin, 'windows-1252'))).text).toBe('“fee”');
  });
});

describe('characters', () => {
  it('that cannot be stored are dropped or replaced, and line ends made alike', () => {
    expect(cleanText('a\u0000b\r\nc\rd\u0085e\u2028f\tg\u0007\ud800h\u{1f600}\u007f\ufeff')).toBe(
      'ab\nc\nd\ne\nf\tg\ufffdh\u{1f600}',
    );
  });

  it.each([readText, readHtml, readMarkdown])('that are no text at all are refused (%o)', async (reader) => {
    const noise = Buffer.concat(
      Array.from({ length: 300 }, (_, index) => createHash('sha256').update(String(index)).digest()),
    );
    await expect(readWith(reader, noise)).rejects.toMatchObject({
      name: 'DocumentError',
      code: 'UNREADABLE_DOCUMENT',
      message: expect.stringContaining('binary') as string,
    });
  });

  it('now and then strange do not make a text binary', async () => {
    expect(await textOf(`Page one\fPage two, with a bell\u0007 and an end mark\u001a`)).toBe(
      'Page one\nPage two, with a bell and an end mark',
    );
  });
});

describe('headings of plain text', () => {
  const body = 'The parties agree on what is said here.';

  it('are numbered titles alone between blank lines', async () => {
    const text = `SERVICE AGREEMENT\n\n1. DEFINITIONS\n\n${body}\n\n2. Payment Terms\n\n${body}\n\n2.1 Late Payment\n\n${body}\n\nArticle 5 Termination\n\n${body}\n\nSCHEDULE A\n\n${body}\n`;
    expect(outlineOf(await readWith(readText, text))).toEqual([
      '1 SERVICE AGREEMENT',
      '2 1. DEFINITIONS',
      '2 2. Payment Terms',
      '3 2.1 Late Payment',
      '1 Article 5 Termination',
      '1 SCHEDULE A',
    ]);
  });

  it('may be underlined', async () => {
    expect(
      outlineOf(await readWith(readText, `Terms of use\n============\n\n${body}\n\nScope\n-----\n${body}`)),
    ).toEqual(['1 Terms of use', '2 Scope']);
  });

  it('may be in Japanese, or German', async () => {
    const text = `第1条 定義\n\n${body}\n\nAnlage 2 Preise und Gebühren\n\n${body}\n\n§ 3 Haftung\n\n${body}`;
    expect(outlineOf(await readWith(readText, text))).toHaveLength(3);
  });

  it.each([
    ['a sentence with a number', '1. The supplier delivers the goods.\n\nMore.'],
    ['a list', '1. Apples\n\n2. Pears\n\n3. Plums\n\n'],
    ['a reference', 'as agreed in\n\nSection 3.4 of this agreement\n\nand so on'],
    ['a value', 'Above.\n\nTOTAL: 500 EUR\n\nBelow.'],
    ['an address', 'Above.\n\nDUBLIN 2, IRELAND\n\nBelow.'],
    ['the first line of a paragraph', 'Above.\n\n2.1 Late Payment\nand more text'],
    ['the last line of a paragraph', 'Some text and\n2.1 Late Payment\n\nBelow.'],
    ['a shout', 'He said\n\nSTOP!\n\nand went.'],
    ['a year', '2019 Report On Fees\n\nText'],
    ['a table of contents', '1. DEFINITIONS ......... 3\n\n2. TERM ......... 4\n\n'],
  ])('are not %s', async (_, text) => {
    expect(outlineOf(await readWith(readText, text))).toEqual([]);
  });
});

describe('numbers of headings', () => {
  const of = (text: string) => {
    const numbering = parseNumbering(text);
    return numbering && `${numbering.kind} ${numbering.depth} [${numbering.label}] ${numbering.rest}`;
  };

  it.each([
    ['2.3.1 Term', 'decimal 3 [2.3.1] Term'],
    ['10) Term', 'decimal 1 [10] Term'],
    ['A.1 Term', 'decimal 2 [A.1] Term'],
    ['ARTICLE IV - TERM', 'article 1 [ARTICLE IV] TERM'],
    ['Article Five: Term', 'article 1 [Article Five] Term'],
    ['Section 2.3. Term', 'decimal 2 [Section 2.3] Term'],
    ['§ 12 Haftung', 'section 1 [§ 12] Haftung'],
    ['EXHIBIT A-1', 'attachment 1 [EXHIBIT A-1] '],
    ['IV. Term', 'roman 1 [IV] Term'],
    ['B. Term', 'letter 1 [B] Term'],
    ['第三条 期間', 'article 1 [第三条] 期間'],
  ])('%s', (text, expected) => {
    expect(of(text)).toBe(expected);
  });

  it.each(['section 3.4 of this', 'Sectional 3 views', 'Article mix', '3.5', '1999.', 'Parties: 2'])(
    '%s has none',
    (text) => {
      expect(of(text)).toBeUndefined();
    },
  );

  it('nest in their usual order', () => {
    const levels = (texts: string[]) => numberingLevels(texts.map(parseNumbering));
    expect(levels(['ARTICLE I A', 'Section 1.1 B', '1.1.1 C', 'EXHIBIT A D', 'E'])).toEqual([1, 2, 3, 1, 1]);
    expect(levels(['PART 1 A', 'Chapter 1 B', 'Article 1 C', '1. D', '1.1 E'])).toEqual([1, 2, 3, 4, 5]);
    expect(levels(['A. A', 'B. B', 'C. C', '1. D'])).toEqual([1, 1, 1, 2]);
  });
});

describe('large and damaged files', () => {
  it.each([readText, readHtml, readMarkdown])(
    'a single line of 10 MB is read whole (%o)',
    { timeout: 60_000 },
    async (reader) => {
      const line = 'word '.repeat(2_000_000).trimEnd();
      expect((await readWith(reader, line)).text).toHaveLength(line.length);
    },
  );

  const prose = 'The parties’ fee – “net” – is €500 & due.';
  const samples = [
    [readText, `TERMS\n\n1. SCOPE\n\n${prose}\n\nArticle 5 Term\n\n${prose}\r\n`],
    [
      readHtml,
      `<!doctype html><meta charset=utf-8><title>x</title><h1>Terms</h1><p style="display:block">${prose}</p><table><tr><th>A<td>B</table><ol type=a><li>One<ul><li>Two</ul></ol><pre>\n x</pre><script>1</script>&amp;&#8364;`,
    ],
    [
      readMarkdown,
      `---\ntitle: x\n---\n\n# Terms\n\n${prose} **b** [l](u) \`c\`\n\n- a\n  1. b\n\n| a | b |\n|---|---|\n| c | d |\n\n> q\n\n<div>h</div>\n\nScope\n===\n`,
    ],
  ] as const;

  it.each(samples)('500 damaged copies are read or refused (%o)', { timeout: 60_000 }, async (reader, sample) => {
    const path = join(await createTempFolder(), 'mutation');
    const outcomes = new Set<string>();
    for (const bytes of mutations(Buffer.from(sample), 500)) {
      await writeFile(path, bytes);
      outcomes.add(await reader({ path, filename: 'mutation' }, () => undefined).then(fault, String));
    }
    expect([...outcomes].filter((outcome) => outcome !== '' && !outcome.startsWith('DocumentError'))).toEqual([]);
    expect(outcomes).toContain('');
  });
});
