import type { ParseOutcome } from './parser-port.ts';
import type { ParseProgress } from './document-types.ts';

/** What goes over the border between the jail and its parent, structured-cloned rather than as JSON. */
export type ParseCommand = { readonly path: string; readonly filename: string };

export type ParseReply =
  | { readonly kind: 'ready' }
  /** From here on the document can be to blame for what becomes of the child. */
  | { readonly kind: 'begun' }
  | { readonly kind: 'progress'; readonly progress: ParseProgress }
  /** `isReusable` is false when the reader failed in a way that nobody foresaw: the child may be harmed. */
  | { readonly kind: 'outcome'; readonly outcome: ParseOutcome; readonly isReusable: boolean }
  /** Not the document's fault: the file is not there, or cannot be read. */
  | { readonly kind: 'error'; readonly message: string };
