import {
  execute,
  visit,
  Kind,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import type { CursoredEvent } from '../services/event-feed.ts';

/** What one event is for one kind of subscription, ready to be sent. */
export type Payload = { readonly json: string; readonly cursor: string };

type Execution = Pick<ExecutionArgs, 'document' | 'operationName' | 'variableValues'>;

type Options = {
  readonly schema: GraphQLSchema;
  /** What resolvers see, made anew for every event. `rightsKey` stands for everything that they may depend on. */
  readonly contextFor: (rightsKey: string) => unknown;
  readonly toClientErrors: (errors: NonNullable<ExecutionResult['errors']>) => NonNullable<ExecutionResult['errors']>;
};

/** Executes a subscription's selection on an event. A promise only where a resolver has to read something. */
export type EventExecution = (event: CursoredEvent) => Payload | Promise<Payload>;

/**
 * Subscriptions that select the same, with the same rights, share the work for every event: it is executed once and serialised once,
 * however many of them there are. What shares is the selection, not a stream: each subscriber follows its log from its own position, so
 * none depends on another, and it does not matter who came first.
 *
 * Authorisation is part of the key, and so is every variable that the selection uses; arguments of the subscription itself decide which
 * events come, not what they look like. Not shared: events of a replay, which each subscriber reads for itself.
 */
export function createSharedExecution(options: Options) {
  const groups = new WeakMap<DocumentNode, Map<string, WeakMap<CursoredEvent, Payload | Promise<Payload>>>>();

  function payloadsOf(execution: Execution, rightsKey: string): WeakMap<CursoredEvent, Payload | Promise<Payload>> {
    const { document, operationName = null, variableValues } = execution;
    const used = variablesBelowRoot(document).map((name) => [name, variableValues?.[name] ?? null]);
    const key = JSON.stringify([operationName, rightsKey, used]);
    const ofDocument = groups.get(document) ?? new Map<string, WeakMap<CursoredEvent, Payload | Promise<Payload>>>();
    groups.set(document, ofDocument);
    const payloads = ofDocument.get(key) ?? new WeakMap<CursoredEvent, Payload | Promise<Payload>>();
    ofDocument.set(key, payloads);
    return payloads;
  }

  function run(execution: Execution, rightsKey: string, event: CursoredEvent): Payload | Promise<Payload> {
    const result = execute({
      schema: options.schema,
      document: execution.document,
      operationName: execution.operationName ?? null,
      variableValues: execution.variableValues ?? null,
      rootValue: event,
      contextValue: options.contextFor(rightsKey),
    });
    return result instanceof Promise ? result.then((executed) => toPayload(executed, event)) : toPayload(result, event);
  }

  function toPayload(result: ExecutionResult, event: CursoredEvent): Payload {
    const shown = result.errors ? { ...result, errors: options.toClientErrors(result.errors) } : result;
    return { json: JSON.stringify(shown), cursor: event.cursor };
  }

  return (execution: Execution, rightsKey: string): EventExecution => {
    const payloads = payloadsOf(execution, rightsKey);
    return (event) => {
      const known = payloads.get(event);
      if (known) return known;
      const made = run(execution, rightsKey, event);
      payloads.set(event, made);
      if (made instanceof Promise) keepWhenDone(payloads, event, made);
      return made;
    };
  };
}

/** Later subscribers get the payload without a wait; a failure is not kept. */
function keepWhenDone(
  payloads: WeakMap<CursoredEvent, Payload | Promise<Payload>>,
  event: CursoredEvent,
  made: Promise<Payload>,
): void {
  made.then(
    (payload) => void payloads.set(event, payload),
    () => void payloads.delete(event),
  );
}

const variableNames = new WeakMap<DocumentNode, readonly string[]>();

/** Variables that the selection uses, those of the subscription field's own arguments left out. */
function variablesBelowRoot(document: DocumentNode): readonly string[] {
  const known = variableNames.get(document);
  if (known) return known;
  const names = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Variable(node, _key, _parent, _path, ancestors) {
      if (!isArgumentOfRoot(ancestors)) names.add(node.name.value);
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
  return depth === 1 && kinds.includes(Kind.OPERATION_DEFINITION) && kinds.includes(Kind.ARGUMENT);
}
