import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DocumentError, type ParseProgress } from '../../src/documents/document-types.ts';
import { readPdf } from '../../src/documents/read-pdf.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { fault, mutations } from './text-mutations.ts';
import { buildPdf, draw, drawLines, pageObject } from './pdf-file.ts';
import { readPages, readPdfBytes } from './pdf-reader.ts';

const good = buildPdf([
  {
    content:
      draw(72, 740, '1. Scope', 'courierBold') +
      drawLines(72, 720, ['The supplier delivers the goods.', 'The buyer pays for them.']),
  },
  {
    content: draw(72, 740, '2. Term', 'courierBold') + draw(72, 720, 'Two years.'),
  },
]);

async function refusal(bytes: Uint8Array): Promise<string> {
  const error: unknown = await readPdfBytes(bytes).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DocumentError);
  const { code, message } = error as DocumentError;
  return `${code}: ${message}`;
}

describe('a PDF that cannot be read', () => {
  it('is refused as password-protected', async () => {
    expect(await refusal(buildPdf([{ content: draw(72, 700, 'Secret.') }], { isLocked: true }))).toMatch(
      /^UNREADABLE_DOCUMENT: .*password/,
    );
  });

  it('is refused when it has no pages', async () => {
    expect(await refusal(buildPdf([]))).toMatch(/^UNREADABLE_DOCUMENT: .*no pages/);
  });

  it.each([1, 2, 3])('is refused when it ends after %s quarters', async (quarters) => {
    expect(await refusal(good.subarray(0, (good.length * quarters) / 4))).toMatch(/^UNREADABLE_DOCUMENT: .*incomplete/);
  });

  it('is refused when it is random bytes, even with the marks of a PDF', async () => {
    const noise = Buffer.concat(
      Array.from({ length: 300 }, (_, index) => createHash('sha256').update(String(index)).digest()),
    );
    expect(await refusal(noise)).toMatch(/^UNREADABLE_DOCUMENT: .*not a PDF/);
    expect(
      await refusal(Buffer.concat([Buffer.from('%PDF-1.7\n'), noise, Buffer.from('\nstartxref\n9\n%%EOF')])),
    ).toMatch(/^UNREADABLE_DOCUMENT: .*damaged/);
  });

  it('is refused when it is empty', async () => {
    expect(await refusal(Buffer.alloc(0))).toMatch(/^UNREADABLE_DOCUMENT/);
  });
});

describe('a scan', () => {
  const image = {
    dictionary:
      '/Type/XObject/Subtype/Image/Width 100 /Height 100/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode',
    data: deflateSync(Buffer.alloc(10_000)),
  };
  const picture = 'q 595 0 0 842 0 0 cm /Scan Do Q\n';

  it('is refused with advice', async () => {
    expect(
      await refusal(
        buildPdf([{ content: picture, entries: '/Resources<</XObject<</Scan 100 0 R>>>>' }], {
          objects: { 100: image },
        }),
      ),
    ).toMatch(/^UNREADABLE_DOCUMENT: .*has no text.*scan.*OCR/);
  });

  it('is refused even when each page carries the stamp of a signing service', async () => {
    const pages = Array.from({ length: 4 }, () => ({ content: picture + draw(20, 825, 'Envelope ID: 7F3A') }));
    expect(await refusal(buildPdf(pages))).toMatch(/has no text/);
  });

  it('is refused when only its cover has text', async () => {
    const pages = [
      { content: draw(72, 700, 'Service agreement') },
      ...Array.from({ length: 5 }, () => ({ content: picture })),
    ];
    expect(await refusal(buildPdf(pages))).toMatch(/text on only 1 of its 6 pages/);
  });
});

describe('a hostile PDF', () => {
  it('does not get its JavaScript run', async () => {
    const script = '<</S/JavaScript/JS(globalThis.wasRun = true; app.alert\\(1\\);)>>';
    const options = {
      catalog: `/OpenAction ${script}/AA<</WC ${script}>>/Names<</JavaScript<</Names[(run) ${script}]>>>>`,
    };
    const { text } = await readPages([draw(72, 700, 'Plain text.')], options, `/AA<</O ${script}>>`);
    expect(text).toBe('Plain text.');
    expect('wasRun' in globalThis).toBe(false);
  });

  it('with a form that calls itself is read to its end', async () => {
    const options = {
      objects: {
        100: {
          dictionary: '/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</Self 100 0 R>>>>',
          data: Buffer.from('/Self Do\n'),
        },
      },
    };
    const { text } = await readPages(
      [`/Self Do\n${draw(72, 700, 'Plain text.')}`],
      options,
      '/Resources<</Font<</courier 4 0 R>>/XObject<</Self 100 0 R>>>>',
    );
    expect(text).toBe('Plain text.');
  });

  it('with an outline that leads back to itself is read', async () => {
    const options = {
      catalog: '/Outlines 100 0 R',
      objects: {
        100: '<</First 101 0 R>>',
        101: `<</Title(Loop)/Next 101 0 R/First 101 0 R/Dest[${pageObject(1)} 0 R/Fit]>>`,
      },
    };
    const { text } = await readPages([draw(72, 700, 'Plain text.')], options);
    expect(text).toBe('Plain text.');
  });

  it('with 30,000 words at random places on one page is read in seconds', async () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const words = Array.from({ length: 30_000 }, () =>
      draw(Math.round(random() * 500), Math.round(random() * 800), 'word'),
    );
    const { text } = await readPages([words.join('')]);
    expect(text.match(/word/g)?.length).toBeGreaterThan(10_000);
  });

  it('never does worse than being refused: 500 damaged copies', { timeout: 60_000 }, async () => {
    const path = join(await createTempFolder(), 'mutation.pdf');
    const outcomes = new Map<string, number>();
    for (const bytes of mutations(good, 500)) {
      await writeFile(path, bytes);
      const outcome = await readPdf({ path, filename: 'mutation.pdf' }, () => undefined).then(fault, String);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    const read = outcomes.get('') ?? 0;
    expect([...outcomes.keys()].filter((outcome) => outcome !== '' && !outcome.startsWith('DocumentError'))).toEqual(
      [],
    );
    // Most damage leaves something to read; were it none, the mutations would test nothing.
    expect(read).toBeGreaterThan(100);
  });
});

describe('progress', () => {
  it('grows with the pages and ends with the headings found', async () => {
    const path = join(await createTempFolder(), 'document.pdf');
    const pages = Array.from({ length: 10 }, (_, page) => ({
      content:
        draw(72, 740, `${page + 1}. Clause`, 'courierBold') +
        draw(72, 720, `Text of clause number ${page}, and of no other.`),
    }));
    await writeFile(path, buildPdf(pages));
    const reports: ParseProgress[] = [];
    const { headings } = await readPdf({ path, filename: 'document.pdf' }, (progress) => reports.push(progress));
    expect(reports.map(({ percent }) => percent)).toEqual([9, 19, 29, 39, 49, 59, 69, 79, 89, 99, 100]);
    expect(reports.at(-1)?.sectionsFound).toBe(headings.length);
    expect(headings).toHaveLength(10);
  });

  it('leaves the file as it was', async () => {
    const path = join(await createTempFolder(), 'document.pdf');
    await writeFile(path, good);
    await readPdf({ path, filename: 'document.pdf' }, () => undefined);
    expect(await readFile(path)).toEqual(good);
  });
});
