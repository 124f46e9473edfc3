import { AppError, isAppError } from '../errors.ts';

export const missingObject = (cause?: unknown): AppError =>
  new AppError('NOT_FOUND', 'The stored file does not exist (any more). Upload it again.', { cause });

export const storageUnavailable = (cause: unknown): AppError =>
  new AppError('STORAGE_UNAVAILABLE', 'The file storage does not work at the moment. Try again in a minute.', {
    cause,
  });

/** Whatever an adapter met, as the port promises it: what it has classified stays, everything else is the store's failure. */
export const toStorageError = (error: unknown): AppError => (isAppError(error) ? error : storageUnavailable(error));

/** Runs `work` of a store; an abort comes out as the signal's own reason, every other failure as an AppError. */
export async function asStorageErrors<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    signal?.throwIfAborted();
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    throw toStorageError(error);
  }
}
