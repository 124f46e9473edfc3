import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildDocx, docxParts, paragraph, run, zipParts } from '../documents/support/build-docx.ts';
import { annotateBytes } from './support/annotate-built.ts';
import { partText } from './support/read-comments.ts';

const finding = [{ quotes: ['the fee'] }];
const parts = docxParts({ body: paragraph('pay the fee') });
const unreadable = { name: 'DocumentError', code: 'UNREADABLE_DOCUMENT' };

const withComments = (comments: string) => {
  const own = docxParts({ body: paragraph('pay the fee'), comments: '' });
  return annotateBytes(zipParts({ ...own, 'word/comments.xml': comments }), finding);
};
const commentsNamespace = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';

describe('a hostile or unusual document', () => {
  it('is refused when a part that only comments need is not well-formed, or declares a DOCTYPE', async () => {
    await expect(withComments(`<w:comments ${commentsNamespace}><w:comment></w:comments>`)).rejects.toMatchObject(
      unreadable,
    );
    const entity = '<!DOCTYPE w [<!ENTITY a "b">]>';
    await expect(withComments(`${entity}<w:comments ${commentsNamespace}/>`)).rejects.toMatchObject(unreadable);
  });

  it('is refused when entries of its container share their data, which would multiply', async () => {
    const shared = zipParts({ ...parts, 'word/media/000.bin': randomBytes(200_000) });
    await expect(annotateBytes(withSharedEntries(Buffer.from(shared), 200), finding)).rejects.toMatchObject(unreadable);
  });

  it('takes our comments behind an empty root, and behind what only looks like its end', async () => {
    for (const comments of [
      `<w:comments ${commentsNamespace}/>`,
      `<w:comments ${commentsNamespace}><!-- </w:comments> --></w:comments><!-- </w:comments> -->`,
    ]) {
      const { comments: found } = await withComments(comments);
      expect(found.map(({ marked }) => marked)).toEqual(['pay the fee', 'the fee']);
    }
  });

  it('has one content type for each part, also where those of parts that are gone were left behind', async () => {
    const type = (kind: string) => `application/vnd.openxmlformats-officedocument.wordprocessingml.${kind}+xml`;
    const stale =
      `<Override PartName='/word/Comments.xml' ContentType='application/xml'/>` +
      `<Override ContentType="${type('people')}" PartName="/word/people.xml"/>`;
    const contentTypes = parts['[Content_Types].xml']?.replace('</Types>', `${stale}</Types>`) ?? '';
    const { parts: annotated } = await annotateBytes(
      zipParts({ ...parts, '[Content_Types].xml': contentTypes }),
      finding,
    );
    const overrides = partText(annotated, '[Content_Types].xml').match(/<Override [^>]*>/g) ?? [];
    const about = (name: string) => overrides.filter((each) => each.toLowerCase().includes(`/word/${name}.xml`));
    for (const kind of ['comments', 'commentsExtended', 'people']) {
      const found = about(kind.toLowerCase());
      expect(found).toHaveLength(1);
      expect(found[0]).toContain(`ContentType="${type(kind)}"`);
    }
  });

  it('keeps its encoding: UTF-16, or a byte order mark', async () => {
    const xml = parts['word/document.xml'] ?? '';
    const utf16 = Buffer.from(`\ufeff${xml.replace('UTF-8', 'UTF-16')}`, 'utf16le');
    const wide = await annotateBytes(zipParts({ ...parts, 'word/document.xml': utf16 }), finding);
    expect(wide.comments[1]?.marked).toBe('the fee');
    expect(wide.parts['word/document.xml']?.subarray(0, 2)).toEqual(Uint8Array.of(0xff, 0xfe));
    const marked = await annotateBytes(
      zipParts({ ...parts, 'word/document.xml': Buffer.from(`\ufeff${xml}`) }),
      finding,
    );
    expect(Buffer.from(marked.parts['word/document.xml'] ?? []).subarray(0, 3)).toEqual(Buffer.of(0xef, 0xbb, 0xbf));
  });

  it('in the strict variant of the format gets marks and comments of that variant', async () => {
    const strict = Object.fromEntries(
      Object.entries(parts).map(([name, xml]) => [
        name,
        xml.replaceAll(
          'http://schemas.openxmlformats.org/wordprocessingml/2006/main',
          'http://purl.oclc.org/ooxml/wordprocessingml/main',
        ),
      ]),
    );
    const { parts: annotated, comments } = await annotateBytes(zipParts(strict), finding);
    expect(comments[1]?.marked).toBe('the fee');
    const text = partText(annotated, 'word/document.xml') + partText(annotated, 'word/comments.xml');
    expect(text).not.toContain('wordprocessingml/2006/main');
    expect(partText(annotated, 'word/_rels/document.xml.rels')).toContain(
      'purl.oclc.org/ooxml/officeDocument/relationships/comments',
    );
  });

  it('with ids at the end of their range gets ids that are free', async () => {
    const body = paragraph(
      `<w:bookmarkStart w:id="2147483647" w:name="a"/>${run('pay the fee')}<w:bookmarkEnd w:id="0"/>`,
    );
    const { comments } = await annotateBytes(buildDocx({ body }), finding);
    expect(comments.map(({ id }) => id)).toEqual(['1', '2']);
  });
});

describe('whatever a finding says', () => {
  it('is text in a well-formed part, without what XML forbids', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ' ', '<', '&', '"', "'", ']]>', '\0', '\u0008', '\ud800', '\ufffe', '😀', '\n'),
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(text, text, async (said, actor) => {
        const history = [{ at: new Date(0), actor, status: 'ACCEPTED', note: said, carriedOver: null }] as const;
        const { comments } = await annotateBytes(zipParts(parts), [
          { quotes: ['the fee'], title: said, category: said, detail: `(${said})`, history },
        ]);
        const shown = comments[1]?.paragraphs.join('\n') ?? '';
        for (const word of said.match(/[<&"'\]>]+/g) ?? []) expect(shown).toContain(word);
        // oxlint-disable-next-line no-control-regex
        expect(shown).not.toMatch(/[\u0000-\u0008\ufffe]/);
      }),
      { numRuns: 60, seed: 7 },
    );
  });
});

/** The container again with `count` more entries in its directory, all with the data of its last one. */
function withSharedEntries(zip: Buffer, count: number): Buffer {
  const end = zip.length - 22;
  const start = zip.readUInt32LE(end + 16);
  const last = zip.lastIndexOf('PK\x01\x02', end, 'latin1');
  const copies = Array.from({ length: count }, (_, index) => {
    const record = Buffer.from(zip.subarray(last, end));
    record.write(String(index + 1).padStart(3, '0'), 46 + 'word/media/'.length, 'latin1');
    return record;
  });
  const directory = Buffer.concat([zip.subarray(start, end), ...copies]);
  const tail = Buffer.from(zip.subarray(end));
  tail.writeUInt16LE(tail.readUInt16LE(8) + count, 8);
  tail.writeUInt16LE(tail.readUInt16LE(10) + count, 10);
  tail.writeUInt32LE(directory.length, 12);
  return Buffer.concat([zip.subarray(0, start), directory, tail]);
}
