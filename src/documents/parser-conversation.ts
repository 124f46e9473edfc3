import type { ChildProcess } from 'node:child_process';
import type { ParsedDocument, ParseFailure } from './document-types.ts';
import { watchMemory } from './memory-watch.ts';
import { timedOut, tooMuchMemory } from './parse-failures.ts';
import type { ParseCommand, ParsedOutline, ParseReply } from './parse-messages.ts';
import type { ParseOutcome, ParseRequest } from './parser-port.ts';

export type ChildAnswer = { readonly outcome: ParseOutcome; readonly isReusable: boolean };

/** A child that ended without having been stopped by a limit or a signal did so before or after it began with the document. */
export type ParseEnd = ChildAnswer | 'ended before it began' | 'crashed';

export type ParseLimits = { readonly rssLimitMb: number; readonly timeoutMs: number };

/** Why the child was killed here. */
type Stop = { readonly failure: ParseFailure } | { readonly reason: unknown };

/**
 * Has a child read a document, and kills it for a limit or an aborted signal; then it has exited before this settles. `exited` resolves
 * when the process is gone.
 */
export async function readInChild(
  child: ChildProcess,
  request: ParseRequest,
  { rssLimitMb, timeoutMs }: ParseLimits,
  exited: Promise<void>,
): Promise<ParseEnd> {
  const { signal } = request;
  let stopped: Stop | undefined;
  const stop = (why: Stop) => {
    stopped ??= why;
    child.kill('SIGKILL');
  };
  const conversation = converse(child, request, () => timer.refresh());
  const onTimeout = () =>
    stop(
      conversation.hasBegun()
        ? { failure: timedOut(timeoutMs) }
        : { reason: new Error('The document reader did not start in time.') },
    );
  const timer = setTimeout(onTimeout, timeoutMs);
  const stopWatching = watchMemory(child.pid, rssLimitMb, () => stop({ failure: tooMuchMemory(rssLimitMb) }));
  const onAbort = () => stop({ reason: signal?.reason });
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const end = exited.then((): ParseEnd => (conversation.hasBegun() ? 'crashed' : 'ended before it began'));
    const result = await Promise.race([conversation.answer, end]);
    // An answer that crossed with the kill comes from a child that is about to be gone.
    const why = stopped;
    if (!why) return result;
    await exited;
    if ('reason' in why) throw why.reason;
    return { outcome: { outcome: 'failed', failure: why.failure }, isReusable: false };
  } finally {
    clearTimeout(timer);
    stopWatching();
    conversation.end();
    signal?.removeEventListener('abort', onAbort);
  }
}

type Conversation = {
  readonly answer: Promise<ChildAnswer>;
  readonly hasBegun: () => boolean;
  readonly end: () => void;
};

/** Hands the document to the child and listens to it. */
function converse(child: ChildProcess, request: ParseRequest, onBegun: () => void): Conversation {
  let hasBegun = false;
  let text = '';
  let onMessage: (reply: ParseReply) => void = () => {};
  const answer = new Promise<ChildAnswer>((resolve, reject) => {
    onMessage = (reply) => {
      switch (reply.kind) {
        case 'ready':
          break;
        case 'begun':
          hasBegun = true;
          onBegun();
          break;
        case 'progress':
          request.onProgress?.(reply.progress);
          break;
        case 'text':
          text += reply.text;
          break;
        case 'parsed':
          resolve({ outcome: { outcome: 'parsed', document: withTexts(reply.document, text) }, isReusable: true });
          break;
        case 'failed':
          resolve({ outcome: { outcome: 'failed', failure: reply.failure }, isReusable: reply.isReusable });
          break;
        case 'error':
          reject(new Error(`The document's file cannot be read: ${reply.message}`));
          break;
      }
    };
  });
  child.on('message', onMessage);
  const command: ParseCommand = { path: request.path, filename: request.filename };
  // A child that is gone tells it by its exit.
  child.send(command, () => {});
  return { answer, hasBegun: () => hasBegun, end: () => child.off('message', onMessage) };
}

const withTexts = ({ sections, ...rest }: ParsedOutline, text: string): ParsedDocument => ({
  ...rest,
  sections: sections.map((section) => ({ ...section, text: text.slice(section.startOffset, section.endOffset) })),
});
