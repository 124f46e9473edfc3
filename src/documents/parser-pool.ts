import { startParserChild, type ParserChild } from './parser-child.ts';
import type { ChildAnswer } from './parser-conversation.ts';
import type { DocumentParser, ParseOutcome, ParseRequest } from './parser-port.ts';

export type DocumentParserOptions = {
  /** Documents read at once, each in a child process; further ones wait in order. */
  readonly size: number;
  /** Cap of a child's JavaScript heap. */
  readonly heapMb: number;
  /** A child that holds more memory than this, in all, is killed. It has about 60 MB when it does nothing. */
  readonly rssLimitMb: number;
  /** For reading one document, waiting for a child not counted. */
  readonly timeoutMs: number;
  /** After so many documents a child is replaced, so that nothing can pile up in it. Default 100. */
  readonly documentsPerChild?: number;
  /** Children but one end after idling for so long. Default 30 s. */
  readonly idleMs?: number;
  /** The module that runs in the children; by default the reader of documents. */
  readonly childEntry?: URL;
};

/** From TypeScript sources, as tests run them, the child is the built one: Node 20 cannot run sources. */
const defaultEntry = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/src/documents/parse-child.js' : './parse-child.js',
  import.meta.url,
);

/** For a document whose children are killed from outside before they begin with it. */
const maxStarts = 3;

/**
 * Reads documents in jailed child processes. One child is started at once and one is kept warm, so that a document waits for no start;
 * idle children do not keep this process alive.
 *
 * A child is given back after an answer, and killed and replaced after a limit, a crash, an aborted request, or an answer that may have
 * harmed it. Requests that wait are served in order; a killed child's place is free at once for the next one.
 */
export function createDocumentParser(options: DocumentParserOptions): DocumentParser {
  const { size, documentsPerChild = 100, idleMs = 30_000, childEntry = defaultEntry } = options;
  const idle: ParserChild[] = [];
  const children = new Set<ParserChild>();
  const waiting: Waiter[] = [];
  let isClosed = false;
  let trimTimer: NodeJS.Timeout | undefined;

  const start = (): ParserChild => {
    const child = startParserChild({ ...options, entry: childEntry });
    children.add(child);
    child.onExit(() => {
      children.delete(child);
      const place = idle.indexOf(child);
      if (place >= 0) idle.splice(place, 1);
    });
    return child;
  };

  const acquire = async (signal: AbortSignal | undefined): Promise<ParserChild> => {
    signal?.throwIfAborted();
    if (isClosed) throw closed();
    const child = idle.pop();
    if (child) return child;
    if (children.size < size) return start();
    return waitForChild(waiting, signal);
  };

  const release = async (child: ParserChild, isReusable: boolean): Promise<void> => {
    let free = child;
    if (!isReusable || child.documentCount() >= documentsPerChild || !child.isAlive()) {
      await child.kill();
      children.delete(child);
      const isNeeded = waiting.length > 0 || children.size === 0;
      if (isClosed || !isNeeded || children.size >= size) return;
      free = start();
    }
    const next = waiting.shift();
    if (next) return next.take(free);
    idle.push(free);
    clearTimeout(trimTimer);
    trimTimer = setTimeout(() => trim(idle), idleMs).unref();
  };

  idle.push(start());

  return {
    async parse(request: ParseRequest): Promise<ParseOutcome> {
      for (let count = 0; count < maxStarts; count++) {
        const child = await acquire(request.signal);
        let answer: ChildAnswer | null = null;
        try {
          answer = await child.parse(request);
        } finally {
          // Not awaited: the answer need not wait until a bad child is gone.
          void release(child, answer?.isReusable ?? false);
        }
        if (answer) return answer.outcome;
      }
      throw new Error('The processes that read documents are killed from outside as soon as they start.');
    },
    async close() {
      isClosed = true;
      clearTimeout(trimTimer);
      for (const waiter of waiting.splice(0)) waiter.fail(closed());
      await Promise.all([...children].map((child) => child.kill()));
    },
  };
}

type Waiter = { readonly take: (child: ParserChild) => void; readonly fail: (reason: unknown) => void };

const closed = (): Error => new Error('The document parser was closed.');

function waitForChild(waiting: Waiter[], signal: AbortSignal | undefined): Promise<ParserChild> {
  return new Promise((resolve, reject) => {
    const onAbort = () => waiter.fail(signal?.reason);
    const settle = () => {
      signal?.removeEventListener('abort', onAbort);
      const place = waiting.indexOf(waiter);
      if (place >= 0) waiting.splice(place, 1);
    };
    const waiter: Waiter = {
      take(child) {
        settle();
        resolve(child);
      },
      fail(reason) {
        settle();
        reject(reason);
      },
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    waiting.push(waiter);
  });
}

/** The one used last stays: it is the warmest. */
function trim(idle: ParserChild[]): void {
  for (const child of idle.splice(0, idle.length - 1)) void child.kill();
}
