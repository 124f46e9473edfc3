import type { ParsedDocument, ParseFailure, ParseProgress, SectionDraft } from './document-types.ts';

/** What goes over the border between the jail and its parent, structured-cloned rather than as JSON. */
export type ParseCommand = { readonly path: string; readonly filename: string };

export type ParseReply =
  | { readonly kind: 'ready' }
  /** From here on the document can be to blame for what becomes of the child. */
  | { readonly kind: 'begun' }
  | { readonly kind: 'progress'; readonly progress: ParseProgress }
  /** The next piece of the extracted text, before `parsed`: a message as long as a text would be in memory several times over. */
  | { readonly kind: 'text'; readonly text: string }
  /** The sections without their texts, which are ranges of what came before. */
  | { readonly kind: 'parsed'; readonly document: ParsedOutline }
  /** `isReusable` is false when the reader failed in a way that nobody foresaw: the child may be harmed. */
  | { readonly kind: 'failed'; readonly failure: ParseFailure; readonly isReusable: boolean }
  /** Not the document's fault: the file is not there, or cannot be read. */
  | { readonly kind: 'error'; readonly message: string };

export type ParsedOutline = Omit<ParsedDocument, 'sections'> & {
  readonly sections: readonly Omit<SectionDraft, 'text'>[];
};
