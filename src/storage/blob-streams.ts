import { addAbortSignal, finished, PassThrough, type Readable } from 'node:stream';
import { asStorageErrors, toStorageError } from './storage-errors.ts';

/**
 * Reads `body` into `write` and always disposes of it. A failure of the source comes out as it was thrown, so that a limit on the way
 * in keeps its own code; an abort as the signal's reason; everything else as the store's failure. `write` sees a source that fails or is
 * aborted as a rejected `next()`, and must then leave nothing behind. An abort after the last chunk does nothing by itself.
 */
export async function consumeSource<T>(
  body: Readable,
  signal: AbortSignal | undefined,
  write: (chunks: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  let sourceFailure: { readonly error: unknown } | undefined;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body as AsyncIterable<Uint8Array | string>) {
        yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      }
    } catch (error) {
      sourceFailure = { error };
      throw error;
    }
  }
  // It may fail before it is read, while the store gets ready; the loop above then throws that error, but an event without a listener
  // would end the process first.
  body.on('error', () => {});
  try {
    return await asStorageErrors(async () => {
      if (signal) addAbortSignal(signal, body);
      return await write(chunks());
    }, signal);
  } catch (error) {
    throw sourceFailure !== undefined && signal?.aborted !== true ? sourceFailure.error : error;
  } finally {
    body.destroy();
  }
}

/** What a store gives to read: a failure in mid-stream is an AppError too, and destroying it lets go of the store's own stream at once. */
export function storedBody(source: Readable, signal?: AbortSignal): Readable {
  const body = new PassThrough();
  finished(source, (error) => {
    if (error) body.destroy(toStorageError(error));
  });
  body.once('close', () => source.destroy());
  // It may fail before its reader listens; whoever reads it later is still told.
  body.on('error', () => {});
  if (signal) addAbortSignal(signal, body);
  return source.pipe(body);
}
