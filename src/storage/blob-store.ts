import type { Readable } from 'node:stream';

export type BlobStat = {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
};

export type SignedRequest = {
  readonly url: string;
  /** Headers that the request must carry for the signature to hold. */
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: Date;
};

/**
 * Where documents' bytes lie. Keys are relative paths such as `sessions/ses_…/doc_…/original`; a key with `..`, a leading slash or a
 * control character is refused with BAD_USER_INPUT. Every failure of the store itself is an AppError STORAGE_UNAVAILABLE with its cause;
 * a missing object is NOT_FOUND.
 */
export type BlobStore = {
  /** For health and logs. */
  readonly kind: 'folder' | 's3';
  /**
   * Stores the whole stream or nothing: a source that fails, or an aborted signal, leaves no object and no part behind. Never holds the
   * whole object in memory. Overwrites.
   */
  put(key: string, body: Readable, options?: { contentType?: string; signal?: AbortSignal }): Promise<BlobStat>;
  get(key: string, options?: { signal?: AbortSignal }): Promise<Readable>;
  stat(key: string): Promise<BlobStat>;
  /** Succeeds when there is no such object. */
  delete(key: string): Promise<void>;
  /** Deletes all objects whose key starts with `prefix`, which must end in a slash; returns how many. */
  deletePrefix(prefix: string): Promise<number>;
  /** In the order of keys. */
  list(prefix: string): AsyncIterable<BlobStat>;
  /** A URL that reads the object for `expiresInMs`, offered to the browser as `filename`. */
  signGet(
    key: string,
    options: { expiresInMs: number; filename?: string; contentType?: string },
  ): Promise<SignedRequest>;
  /** A URL to which exactly `sizeBytes` can be PUT within `expiresInMs`. */
  signPut(key: string, options: { expiresInMs: number; sizeBytes: number }): Promise<SignedRequest>;
  /** Resolves when the store can be written and read; for health. */
  check(signal?: AbortSignal): Promise<void>;
};
