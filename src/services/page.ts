import { AppError } from '../errors.ts';
import { kindOfId } from '../ids.ts';

/** A page of a list in the order of ids, which is the order of creation. */
export type PageRequest = {
  /** 1 to 100. */
  readonly first: number;
  /** Id of the last row of the page before. */
  readonly after: string | null;
};

export type Page<T> = {
  readonly items: readonly T[];
  readonly hasNextPage: boolean;
};

const defaultPageSize = 20;
const largestPageSize = 100;

/** Checks a client's paging arguments. Throws BAD_USER_INPUT for a size out of range, and for a cursor that no page has. */
export function pageRequest(args: {
  first?: number | null | undefined;
  after?: string | null | undefined;
}): PageRequest {
  const first = args.first ?? defaultPageSize;
  if (first < 1 || first > largestPageSize) {
    throw new AppError('BAD_USER_INPUT', `first is ${first}; pass a number from 1 to ${largestPageSize}.`);
  }
  const after = args.after ?? null;
  if (after !== null && kindOfId(after) === null) {
    throw new AppError('BAD_USER_INPUT', 'after is not a cursor; pass one that a page of this list gave you.');
  }
  return { first, after };
}

/** Makes a page of up to `first` items out of a query for `first + 1`. */
export const toPage = <T>(rows: readonly T[], first: number): Page<T> => ({
  items: rows.slice(0, first),
  hasNextPage: rows.length > first,
});
