import { DocumentError } from '../documents/document-types.ts';
import { findDocxParts, type DocxParts } from '../documents/docx-package.ts';
import { readCheckedXmlText, readXmlText } from '../documents/docx-xml.ts';
import { openZip, type ZipArchive } from '../documents/docx-zip.ts';
import { rewriteZip } from '../documents/docx-zip-write.ts';
import { readDocxWithSpans } from '../documents/read-docx.ts';
import { describeFinding, describeReport, type Thread } from './annotation-text.ts';
import { documentStart, placeFindings, placeNotes, type PlacedFinding, type TextRange } from './annotation-places.ts';
import { findAnchors, type Target } from './docx-anchors.ts';
import { createCommentIds } from './docx-comment-ids.ts';
import { insertMarks, wordNamespaceOf } from './docx-marks.ts';
import { addComments } from './docx-comments.ts';
import type { Surroundings } from './docx-places.ts';
import { createTargetFinder, type NotePart } from './docx-targets.ts';
import type { ReportContent } from './report-content.ts';

/** Word opens no file with more. */
const mostComments = 32_767;

/**
 * The original document with a comment for every finding on the words that it quotes, and a reply for every decision; the thread of a
 * rejected finding is resolved. One comment at the document's start says what concerns all of it.
 *
 * A finding has one comment, since decisions are made on it once: on its first quotation that the document has; the others are named in
 * it. Where there is none it stands at the heading of its section, and says so. Everything else in the file stays as it is: parts that
 * hold no comments byte for byte, the rest but for what is put in. A digital signature does not outlive any change; the comment at the
 * start says that, too.
 * @throws DocumentError for a document that is damaged, hostile or too large, and for more comments than Word opens.
 */
export async function annotateDocx(originalPath: string, content: ReportContent): Promise<Uint8Array> {
  const document = await readDocxWithSpans(originalPath);
  const { body } = document;
  const zip = await openZip(originalPath);
  try {
    const parts = await findDocxParts(zip);
    const notes = await readNoteParts(zip, parts);
    const findTarget = createTargetFinder(document.spans, parts.document, notes);
    const drafts = [
      {
        range: documentStart(document),
        isQuoted: false,
        thread: () => describeReport(content, isSigned(zip) ? [signatureNote] : []),
      },
      ...placeFindings(content, document).map((placed) => draftOf(placed, content)),
    ];
    const anchored = anchorDrafts(body.text, drafts, findTarget);
    const existing = parts.comments === null ? '' : (await readXmlText(parts.comments, zip.read(parts.comments))).text;
    const added = anchored.reduce((sum, { thread }) => sum + 1 + thread.replies.length, 0);
    refuseTooMany(added + (existing.match(/<[^<>\s/]*:?comment\s/g)?.length ?? 0));

    const ids = createCommentIds([body.text, existing]);
    const threads = anchored.map(({ thread, anchor }) => {
      const remarks = [thread, ...thread.replies];
      return { thread, anchor, ids: remarks.map(ids.next), paragraphIds: remarks.map(ids.nextParagraph) };
    });
    const namespace = wordNamespaceOf(body.text);
    const marked = insertMarks(body.text, threads, { namespace, freshId: ids.next });
    const commentParts = await addComments(zip, parts, { threads, namespace });
    return await rewriteZip(originalPath, new Map([...commentParts, [parts.document, body.encode(marked)]]));
  } finally {
    zip.close();
  }
}

type Draft = {
  readonly range: TextRange;
  readonly isQuoted: boolean;
  readonly thread: (around: Surroundings | null) => Thread;
};

function draftOf(placed: PlacedFinding, content: ReportContent): Draft {
  const { finding, quoted, heading } = placed;
  const [first] = quoted;
  return {
    range: first ?? heading,
    isQuoted: first !== undefined,
    thread: (around) =>
      describeFinding(finding, content, [...(first ? anchorNotes(around, first.quote) : []), ...placeNotes(placed)]),
  };
}

/** Why a comment does not stand on the very words; null where that needs no explanation. */
const aroundNotes: Readonly<Record<Surroundings, string | null>> = {
  BOX: 'It is in the text box that is anchored here; Word shows no comments inside of one.',
  FOOTNOTE: 'It is in the footnote that is referred to here; Word shows no comments inside of one.',
  ENDNOTE: 'It is in the endnote that is referred to here; Word shows no comments inside of one.',
  FORMULA: 'It is in this formula.',
  CONTROL: 'It is in this form field.',
  FIELD: 'It begins or ends in this field, which Word can fill anew.',
  OTHER: null,
};

function anchorNotes(around: Surroundings | null, quote: string): string[] {
  const reason = around === null ? null : aroundNotes[around];
  return reason === null ? [] : [`Quoted: “${quote}” ${reason}`];
}

/** @throws DocumentError where a thread finds no words at all to stand on. */
function anchorDrafts(body: string, drafts: readonly Draft[], findTarget: (range: TextRange) => Target | null) {
  const wanted = drafts.map(({ range, isQuoted }) => ({
    target: findTarget(range) ?? refuseWithoutWords(),
    isQuoted,
  }));
  return findAnchors(body, wanted).map((found, index) => {
    const anchor = found ?? refuseWithoutWords();
    return { anchor, thread: drafts[index]?.thread(anchor.around) ?? refuseWithoutWords() };
  });
}

function refuseWithoutWords(): never {
  throw new DocumentError(
    'UNREADABLE_DOCUMENT',
    'The document has no words that a comment could stand on. Ask for the report in another format.',
  );
}

function refuseTooMany(comments: number): void {
  if (comments <= mostComments) return;
  throw new DocumentError(
    'PAYLOAD_TOO_LARGE',
    `The document would have ${comments.toLocaleString('en')} comments with their replies; Word opens no file with more than ${mostComments.toLocaleString('en')}. Ask for the report in another format.`,
  );
}

const signatureNote =
  'The original file is signed digitally. The signature does not cover these comments, so that this copy counts as changed; the original is untouched.';

const isSigned = (zip: ZipArchive): boolean => zip.names.some((name) => name.startsWith('_xmlsignatures/'));

async function readNoteParts(zip: ZipArchive, parts: DocxParts): Promise<NotePart[]> {
  const notes = [
    { kind: 'FOOTNOTE', part: parts.footnotes },
    { kind: 'ENDNOTE', part: parts.endnotes },
  ] as const;
  const read: NotePart[] = [];
  for (const { kind, part } of notes)
    if (part !== null) read.push({ kind, part, xml: (await readCheckedXmlText(zip.read(part))).text });
  return read;
}
