import { execute, type DocumentNode, type ExecutionArgs, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import type { Logger } from '../observability/logger.ts';

/** A selection of a document, without what differs from one execution of it to the next. */
export type Selection = Pick<ExecutionArgs, 'document' | 'operationName' | 'variableValues'>;

type Result = ExecutionResult | PromiseLike<ExecutionResult>;
type Run = (root: unknown, context: unknown, variables: ExecutionArgs['variableValues']) => Result;

// Compiling takes as long as executing some hundred times, and so pays only for documents that many events pass through.
const compiledFrom = 200;

/**
 * Executes a document on many root values. One that is used often is compiled to JavaScript, which takes a quarter of the time; the results
 * are the same, because what fails is executed once more without it: the compiler's errors lack what a client needs. Compiled code calls
 * no functions of objects behind fields without a resolver: these must be plain. The compiler is loaded with this module: loading it takes
 * a tenth of a second, which nobody should wait for in the middle of a stream.
 */
export function createCompiledExecution(schema: GraphQLSchema, logger: Logger) {
  const runs = new WeakMap<DocumentNode, Map<string, Run>>();

  function createRun({ document, operationName }: Selection): Run {
    const interpret: Run = (rootValue, contextValue, variableValues) =>
      execute({ schema, document, operationName, rootValue, contextValue, variableValues });
    let uses = 0;
    let run = interpret;

    function compile(): void {
      const compiled = compileQuery(schema, document, operationName ?? undefined);
      if (!isCompiledQuery(compiled)) throw compiled.errors?.[0] ?? new Error('no reason given');
      run = (...of) => {
        const orAgain = (result: ExecutionResult): Result => (result.errors ? interpret(...of) : result);
        const result: Result = compiled.query(...of);
        return 'then' in result ? result.then(orAgain) : orAgain(result);
      };
    }

    return (...of) => {
      uses += 1;
      if (uses === compiledFrom) {
        try {
          compile();
        } catch (error) {
          logger.warn({ err: error }, 'a subscription could not be compiled');
        }
      }
      return run(...of);
    };
  }

  return (selection: Selection): Run => {
    const ofDocument = runs.get(selection.document) ?? new Map<string, Run>();
    const name = selection.operationName ?? '';
    const run = ofDocument.get(name) ?? createRun(selection);
    runs.set(selection.document, ofDocument.set(name, run));
    return run;
  };
}
