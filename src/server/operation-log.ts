import { getOperationAST, Kind, type DocumentNode } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Clock } from '../clock.ts';
import type { Logger } from '../observability/logger.ts';

/** One line per query and mutation: what was asked by name, how long it took, which errors came of it. Never variables or results. */
export const useOperationLog = (logger: Logger, clock: Clock): Plugin => ({
  onExecute({ args }) {
    const startedMs = clock.monotonic();
    return {
      onExecuteDone({ result }) {
        const codes = isAsyncIterable(result) ? [] : (result.errors ?? []).map((error) => error.extensions['code']);
        const durationMs = Math.round((clock.monotonic() - startedMs) * 10) / 10;
        const line = { ...describeOperation(args.document, args.operationName), durationMs };
        if (codes.length > 0) logger.warn({ ...line, codes }, 'operation refused');
        else logger.info(line, 'operation');
      },
    };
  },
});

/** Name and kind of an operation, and the fields at its root. */
function describeOperation(document: DocumentNode, name: string | null | undefined): object {
  const operation = getOperationAST(document, name);
  const fields = operation?.selectionSet.selections.flatMap((selection) =>
    selection.kind === Kind.FIELD ? [selection.name.value] : [],
  );
  return { kind: operation?.operation, name: operation?.name?.value, fields: fields?.slice(0, 10) };
}
