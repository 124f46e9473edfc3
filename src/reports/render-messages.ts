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

export type RenderRequest =
  /** Loads what most reports need, in a process that is to wait for one. */
  { readonly kind: 'prepare' } | ({ readonly kind: 'render' } & RenderCommand);

export type RenderReply =
  /** From here on the report can be to blame for what becomes of the child. */
  | { readonly kind: 'begun' }
  | { readonly kind: 'rendered' }
  | { readonly kind: 'failed'; readonly problem: Problem }
  /** In a way that nobody foresaw. `where` is a stack without its message, which may hold document text. */
  | { readonly kind: 'broken'; readonly where: string };
