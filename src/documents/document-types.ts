export const documentFormats = ['DOCX', 'PDF', 'HTML', 'MARKDOWN', 'TEXT'] as const;
export type DocumentFormat = (typeof documentFormats)[number];

/** A heading as a reader found it: where it begins in the extracted text, and how deep it is. */
export type Heading = {
  /** Offset in UTF-16 code units of the extracted text at which the heading's line begins. */
  readonly offset: number;
  /** 1 for a top-level heading. */
  readonly level: number;
  /** As written, numbering included ("2.3 Termination"). */
  readonly title: string;
};

/** What a reader makes of a file. */
export type ExtractedDocument = {
  readonly text: string;
  /** In order of offset; may be empty. */
  readonly headings: readonly Heading[];
  /** Offsets at which pages 1, 2, … begin; empty where the format has no pages. The first is 0. */
  readonly pageOffsets: readonly number[];
};

export type SectionDraft = {
  /** The heading as written; the first words of the text where a part has no heading. Never empty; at most 300 characters. */
  readonly title: string;
  readonly level: number;
  readonly ordinal: number;
  /** Exactly the extracted text of [startOffset, endOffset). */
  readonly text: string;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly pageStart: number | null;
  readonly pageEnd: number | null;
  /** Offsets in the extracted text at which pages pageStart + 1 to pageEnd begin; empty where the format has no pages. */
  readonly pageBreaks: readonly number[];
  readonly wordCount: number;
};

export type ParsedDocument = {
  readonly format: DocumentFormat;
  /** Contiguous and half-open: concatenated they are the extracted text. At least one. */
  readonly sections: readonly SectionDraft[];
  readonly pageCount: number | null;
  readonly wordCount: number;
};

/** Why a file cannot be read; becomes a Problem with this code. The message says the reason in words and what to do. */
export type ParseFailure = {
  readonly code: 'UNREADABLE_DOCUMENT' | 'UNSUPPORTED_FORMAT' | 'PAYLOAD_TOO_LARGE' | 'TIMED_OUT';
  readonly message: string;
};

export type ParseProgress = { readonly sectionsFound: number; readonly percent: number };

/** Thrown by readers inside the jail, carried over the process border as a ParseFailure. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
  readonly code: ParseFailure['code'];

  constructor(code: ParseFailure['code'], message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
