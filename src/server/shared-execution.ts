import { visit, Kind, type DocumentNode, type ExecutionResult, type GraphQLSchema } from 'graphql';
import type { Logger } from '../observability/logger.ts';
import type { CursoredEvent } from '../services/event-feed.ts';
import { createCompiledExecution, type Selection } from './compiled-execution.ts';

/** What one event is for one kind of subscription, ready to be sent. Without a cursor it is no event of a log. */
export type Payload = {
  readonly json: string;
  /** Length of the JSON in UTF-8. */
  readonly bytes: number;
  readonly cursor: string | null;
};

export function toPayload(result: ExecutionResult, cursor: string | null): Payload {
  const json = JSON.stringify(result);
  return { json, bytes: Buffer.byteLength(json), cursor };
}

type Options = {
  readonly schema: GraphQLSchema;
  /** What resolvers see, made anew for every event. `rightsKey` stands for everything that they may depend on. */
  readonly contextFor: (rightsKey: string) => unknown;
  readonly toClientErrors: (errors: NonNullable<ExecutionResult['errors']>) => NonNullable<ExecutionResult['errors']>;
  readonly logger: Logger;
};

/** Executes a subscription's selection on an event. A promise only where a resolver has to read something. */
export type EventExecution = (event: CursoredEvent) => Payload | Promise<Payload>;

/**
 * Subscriptions that select the same, with the same rights, share the work for every event: it is executed once and serialised once,
 * however many of them there are. What shares is the selection, not a stream: each subscriber follows its log from its own position, so
 * none depends on another, and it does not matter who came first.
 *
 * Authorisation is part of the key, and so is every variable that the selection uses; arguments of the subscription itself decide which
 * events come, not what they look like. All subscribers are handed a live event in one go, so what was made of the latest event is all that
 * is kept. Not shared: events of a replay, which each subscriber reads for itself.
 */
export function createSharedExecution(options: Options) {
  const runOf = createCompiledExecution(options.schema, options.logger);
  let latest: CursoredEvent | null = null;
  let payloadsOfLatest = new Map<string, Payload | Promise<Payload>>();
  const documentNumbers = new WeakMap<DocumentNode, number>();
  let documentCount = 0;

  function numberOf(document: DocumentNode): number {
    const number = documentNumbers.get(document) ?? (documentCount += 1);
    documentNumbers.set(document, number);
    return number;
  }

  function keyOf({ document, operationName = null, variableValues }: Selection, rightsKey: string): string {
    // A variable that is left out has its default, which null has not.
    const used = variablesBelowRoot(document).flatMap((name) =>
      variableValues && name in variableValues ? [name, variableValues[name]] : [],
    );
    return JSON.stringify([numberOf(document), operationName, rightsKey, used]);
  }

  function payloadOf(result: ExecutionResult, { cursor }: CursoredEvent): Payload {
    const shown = result.errors ? { ...result, errors: options.toClientErrors(result.errors) } : result;
    return toPayload(shown, cursor);
  }

  return ({ document, operationName, variableValues }: Selection, rightsKey: string): EventExecution => {
    const key = keyOf({ document, operationName, variableValues }, rightsKey);
    const run = runOf({ document, operationName });

    function make(event: CursoredEvent): Payload | Promise<Payload> {
      const result = run(event, options.contextFor(rightsKey), variableValues);
      return 'then' in result
        ? Promise.resolve(result).then((ready) => payloadOf(ready, event))
        : payloadOf(result, event);
    }

    return (event) => {
      if (event !== latest) {
        latest = event;
        // Not cleared: a cleared map's old table refers to its new one, and being old keeps what is young alive.
        payloadsOfLatest = new Map();
      }
      const known = payloadsOfLatest.get(key);
      if (known) return known;
      const made = make(event);
      payloadsOfLatest.set(key, made);
      return made;
    };
  };
}

const variableNames = new WeakMap<DocumentNode, readonly string[]>();

/** Variables that the selection uses, also in its directives; those of the subscription field's own arguments left out. */
function variablesBelowRoot(document: DocumentNode): readonly string[] {
  const known = variableNames.get(document);
  if (known) return known;
  const names = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Variable(node, _key, parent, _path, ancestors) {
      // The parent is none of them.
      if (!isArgumentOfRoot(parent ? [...ancestors, parent] : ancestors)) names.add(node.name.value);
    },
  });
  const sorted = [...names].toSorted();
  variableNames.set(document, sorted);
  return sorted;
}

type Ancestors = readonly (object | readonly object[])[];

function isArgumentOfRoot(ancestors: Ancestors): boolean {
  const kinds = ancestors.flatMap((ancestor) => ('kind' in ancestor ? [ancestor.kind] : []));
  const depth = kinds.filter((kind) => kind === Kind.FIELD).length;
  const isOwn = kinds.includes(Kind.ARGUMENT) && !kinds.includes(Kind.DIRECTIVE);
  return depth === 1 && isOwn && kinds.includes(Kind.OPERATION_DEFINITION);
}
