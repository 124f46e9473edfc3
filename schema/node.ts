import { AppError } from '../src/errors.ts';
import { kindOfId, type IdKind } from '../src/ids.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';

export const Node = builder.interfaceRef<{ id: string }>('Node').implement({
  description: 'A thing with an id.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description: 'Opaque, prefixed by its type so that a person can tell them apart in a log.',
    }),
  }),
  resolveType: ({ id }) => kindOfId(id) ?? undefined,
});

type Loader = (context: Context, id: string) => Promise<{ id: string } | null>;
const loaders = new Map<IdKind, Loader>();

/** Lets things of a kind be found by `node` and `nodes`. */
export const registerNode = (kind: IdKind, load: Loader): void => {
  loaders.set(kind, load);
};

async function findNode(context: Context, id: string): Promise<{ id: string } | null> {
  const kind = kindOfId(id);
  const load = kind && loaders.get(kind);
  if (!load)
    throw new AppError(
      'BAD_USER_INPUT',
      `"${id.slice(0, 60)}" is not an id of anything; pass one that the API gave you.`,
    );
  return load(context, id);
}

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    nullable: true,
    description: 'Any thing by its id; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'Id of any type.' }) },
    resolve: (_root, { id }, context) => findNode(context, id),
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    description: 'Things by their ids, in the same order; null where there is none. At most 100.',
    args: { ids: t.arg.idList({ required: true, description: 'Ids of any type.' }) },
    resolve: (_root, { ids }, context) => {
      if (ids.length > 100) throw new AppError('BAD_USER_INPUT', `ids has ${ids.length} entries; pass at most 100.`);
      // An error in the list is the error of its item alone.
      return Promise.all(ids.map((id) => findNode(context, id).catch((error: Error) => error as never)));
    },
  }),
}));
