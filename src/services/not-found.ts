import { AppError } from '../errors.ts';
import type { IdKind } from '../ids.ts';

/** For an id of the right form that names nothing of the caller's tenant: absent and foreign look the same. */
export const notFound = (kind: IdKind, id: string): AppError =>
  new AppError('NOT_FOUND', `There is no ${kind.toLowerCase()} ${id}. It may have been deleted.`);
