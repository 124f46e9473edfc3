import type { ParsedDocument, ParseFailure, ParseProgress } from './document-types.ts';

export type ParseOutcome =
  | { readonly outcome: 'parsed'; readonly document: ParsedDocument }
  | { readonly outcome: 'failed'; readonly failure: ParseFailure };

export type ParseRequest = {
  /** A local file with the bytes; the caller removes it. */
  readonly path: string;
  /** Only for messages and for choosing between text formats that have no signature (.md, .html, .txt). */
  readonly filename: string;
  /** Called at most about four times a second for whatever takes longer than that. */
  readonly onProgress?: (progress: ParseProgress) => void;
  /** Aborting kills the child that reads the document and rejects with the signal's reason. */
  readonly signal?: AbortSignal;
};

/**
 * Reads documents in child processes, each with a heap cap, a memory watchdog and a time limit. Whatever a document does to its
 * child, the parent gets an outcome; it never throws for a document's fault. It rejects when the request is aborted, when the parser is
 * closed, and when the file cannot be opened or no child can be started: nothing is known about the document then.
 */
export type DocumentParser = {
  parse(request: ParseRequest): Promise<ParseOutcome>;
  /** Kills all children. */
  close(): Promise<void>;
};
