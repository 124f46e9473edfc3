import { AppError } from '../errors.ts';

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

/** Checks a client's paging arguments. Throws BAD_USER_INPUT for a size out of range. */
export function pageRequest(args: {
  first?: number | null | undefined;
  after?: string | null | undefined;
}): PageRequest {
  const first = args.first ?? defaultPageSize;
  if (first < 1 || first > largestPageSize) {
    throw new AppError('BAD_USER_INPUT', `first is ${first}; pass a number from 1 to ${largestPageSize}.`);
  }
  return { first, after: args.after ?? null };
}

/** Makes a page of up to `first` items out of a query for `first + 1`. */
export const toPage = <T>(rows: readonly T[], first: number): Page<T> => ({
  items: rows.slice(0, first),
  hasNextPage: rows.length > first,
});
