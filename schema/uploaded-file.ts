import type { Readable } from 'node:stream';

const brand: unique symbol = Symbol('UploadedFile');

/** A file of a multipart request whose bytes are still coming in. */
export type UploadedFile = {
  readonly [brand]: true;
  /** As the client names it; not cleaned. */
  readonly filename: string;
  /** The bytes, once. Fails when the client goes away or the request is cut. */
  readonly body: Readable;
};

export const createUploadedFile = (filename: string, body: Readable): UploadedFile => ({
  [brand]: true,
  filename,
  body,
});

export const isUploadedFile = (value: unknown): value is UploadedFile =>
  typeof value === 'object' && value !== null && brand in value;
