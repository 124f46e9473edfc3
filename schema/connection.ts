import type { ObjectRef } from '@pothos/core';
import type { Page, PageRequest } from '../src/services/page.ts';
import { builder } from './builder.ts';

type SchemaTypes = typeof builder.$inferSchemaTypes;

type Item = { readonly id: string };

/** A page on its way to a client; the count is only asked for when the client asks. */
export type ConnectionData<T extends Item> = {
  readonly page: Page<T>;
  readonly request: PageRequest;
  readonly count: () => Promise<number>;
};

const PageInfo = builder.objectRef<ConnectionData<Item>>('PageInfo').implement({
  description: 'Where a page lies in its list.',
  fields: (t) => ({
    hasNextPage: t.boolean({ description: 'There is more behind it.', resolve: ({ page }) => page.hasNextPage }),
    hasPreviousPage: t.boolean({
      description: 'It does not begin at the start of the list.',
      resolve: ({ request }) => request.after !== null,
    }),
    startCursor: t.string({
      nullable: true,
      description: 'Cursor of its first item.',
      resolve: ({ page }) => page.items.at(0)?.id ?? null,
    }),
    endCursor: t.string({
      nullable: true,
      description: 'Cursor of its last item: pass it as `after` to get the next page.',
      resolve: ({ page }) => page.items.at(-1)?.id ?? null,
    }),
  }),
});

/** Declares `<Name>Connection` and `<Name>Edge` for a type. A cursor is the id of its item. */
export function connectionOf<T extends Item>(name: string, node: ObjectRef<SchemaTypes, T>, plural: string) {
  const Edge = builder.objectRef<T>(`${name}Edge`).implement({
    description: `One of a page of ${plural}.`,
    fields: (t) => ({
      cursor: t.string({ description: 'Pass it as `after` to get what is behind it.', resolve: (item) => item.id }),
      node: t.field({
        type: node,
        description: 'The item itself.', // The builder cannot see that a type parameter is no list.
        resolve: (item) => item as never,
      }),
    }),
  });
  return builder.objectRef<ConnectionData<T>>(`${name}Connection`).implement({
    description: `A page of ${plural}.`,
    fields: (t) => ({
      edges: t.field({
        type: [Edge],
        description: 'The items, each with its cursor.',
        resolve: ({ page }) => [...page.items],
      }),
      nodes: t.field({ type: [node], description: 'The items alone.', resolve: ({ page }) => [...page.items] }),
      pageInfo: t.field({ type: PageInfo, description: 'Where this page lies in the list.', resolve: (data) => data }),
      totalCount: t.int({ description: 'Items of the whole list.', resolve: ({ count }) => count() }),
    }),
  });
}

/** The arguments of a paged field. */
export const pageArgs = builder.args((t) => ({
  first: t.int({ description: 'How many, 1 to 100; 20 when left out.' }),
  after: t.string({ description: 'Cursor of the last item of the page before.' }),
}));
