import type { Problem } from '../errors.ts';
import type { ReportFormat } from './report-file.ts';

/** What goes over the border between the process that renders a report and the one that asked for it. */
export type RenderCommand = {
  readonly format: ReportFormat;
  /** A file that `writeContent` made. */
  readonly contentPath: string;
  /** The uploaded file, for ANNOTATED. */
  readonly originalPath: string | null;
  readonly outputPath: string;
};

export type RenderReply =
  /** From here on the report can be to blame for what becomes of the child. */
  | { readonly kind: 'begun' }
  /** `isReady` for another report; otherwise the process ends. */
  | { readonly kind: 'rendered'; readonly isReady: boolean }
  | { readonly kind: 'failed'; readonly problem: Problem }
  /**
   * In a way that nobody foresaw; `atOriginal`, while the uploaded file was worked on. `where` is a stack without its message, which may
   * hold document text.
   */
  | { readonly kind: 'broken'; readonly atOriginal: boolean; readonly where: string };
