import { createHash, randomUUID } from 'node:crypto';
import { assertNever } from '../../errors.ts';
import {
  latencyMs,
  tokenIntervalMs,
  usageOf,
  type AnswerInProgress,
  type AnswerOutcome,
} from './answer-in-progress.ts';
import { errorFrame, eventFrame, exceptionFrame, withBrokenChecksum } from './event-frames.ts';
import type { AnswerFault, StreamException } from './fault-types.ts';
import type { Generation } from './generation.ts';
import { tooManyTokens } from './quota.ts';
import { createPacer, createWriter, resetConnection, stall, type Writer } from './response-writer.ts';

/**
 * ConverseStream's answer: messageStart; for thinking and for text their deltas and a contentBlockStop each (a block of either kind has no
 * contentBlockStart); messageStop; metadata. A fault with `afterTokens` strikes between two of these frames.
 */
export async function streamAnswer(answer: AnswerInProgress): Promise<AnswerOutcome> {
  const { response, signal, clock, fault } = answer;
  response.writeHead(200, {
    'content-type': 'application/vnd.amazon.eventstream',
    'x-amzn-requestid': randomUUID(),
  });
  const write = createWriter(response, signal, fault?.kind === 'tiny-chunks');
  const pace = createPacer(tokenIntervalMs(answer), clock, signal);
  if (fault?.kind === 'first-frame-exception') return breakWith(answer, write, exceptionOf(fault.exception));
  if (fault?.kind === 'stall' && fault.afterTokens === 0) {
    response.flushHeaders();
    await stall(fault.durationMs, clock, signal);
  }
  let hasStruck = false;
  for (const step of stepsOf(answer.generation)) {
    if (step.isToken) await pace();
    if (!hasStruck && fault !== null && isDue(fault, step, answer.sentTokens)) {
      hasStruck = true;
      if ((await strike(answer, fault, step.frame, write)) === 'broken') return 'broken';
    }
    await write(step.frame);
    if (step.isToken) answer.sentTokens += 1;
  }
  if (fault?.kind !== 'missing-metadata') await write(metadataFrame(answer));
  response.end();
  return fault?.kind === 'missing-metadata' ? 'broken' : 'completed';
}

type Step = {
  readonly type: 'messageStart' | 'delta' | 'stop' | 'messageStop';
  readonly frame: Buffer;
  readonly isToken: boolean;
};

function* stepsOf({ thinking, text, stopReason }: Generation): Iterable<Step> {
  yield { type: 'messageStart', frame: eventFrame('messageStart', { role: 'assistant' }), isToken: false };
  let contentBlockIndex = 0;
  if (thinking.length > 0) {
    for (const token of thinking) yield delta(contentBlockIndex, { reasoningContent: { text: token } }, true);
    yield delta(contentBlockIndex, { reasoningContent: { signature: signatureOf(thinking) } }, false);
    yield { type: 'stop', frame: eventFrame('contentBlockStop', { contentBlockIndex }), isToken: false };
    contentBlockIndex += 1;
  }
  if (text.length > 0) {
    for (const token of text) yield delta(contentBlockIndex, { text: token }, true);
    yield { type: 'stop', frame: eventFrame('contentBlockStop', { contentBlockIndex }), isToken: false };
  }
  yield { type: 'messageStop', frame: eventFrame('messageStop', { stopReason }), isToken: false };
}

const delta = (contentBlockIndex: number, delta: object, isToken: boolean): Step => ({
  type: 'delta',
  frame: eventFrame('contentBlockDelta', { contentBlockIndex, delta }),
  isToken,
});

export const signatureOf = (thinking: readonly string[]): string =>
  createHash('sha256').update(thinking.join('')).digest('base64');

const metadataFrame = (answer: AnswerInProgress): Buffer =>
  eventFrame('metadata', { usage: usageOf(answer), metrics: { latencyMs: latencyMs(answer) } });

/** After messageStart at the earliest, before messageStop at the latest. */
function isDue(fault: AnswerFault, step: Step, sentTokens: number): boolean {
  if (!('afterTokens' in fault) || step.type === 'messageStart') return false;
  if (fault.kind === 'stall' && fault.afterTokens === 0) return false;
  return sentTokens >= fault.afterTokens || step.type === 'messageStop';
}

async function strike(
  answer: AnswerInProgress,
  fault: AnswerFault,
  nextFrame: Buffer,
  write: Writer,
): Promise<'broken' | 'goesOn'> {
  const { response, clock, signal } = answer;
  switch (fault.kind) {
    case 'mid-stream-exception':
      return breakWith(answer, write, exceptionOf(fault.exception));
    case 'unmodelled-exception':
      return breakWith(answer, write, exceptionFrame('modelTimeoutException', { message: 'Model has timed out.' }));
    case 'error-frame':
      return breakWith(answer, write, errorFrame('InternalFailure', 'An internal server error occurred'));
    case 'clean-cut':
      response.end();
      return 'broken';
    case 'half-frame':
      return breakWith(answer, write, nextFrame.subarray(0, Math.floor(nextFrame.length / 2)));
    case 'bad-checksum':
      return breakWith(answer, write, withBrokenChecksum(nextFrame));
    case 'reset':
      await resetConnection(response, clock, signal);
      return 'broken';
    case 'stall':
      await stall(fault.durationMs, clock, signal);
      return 'goesOn';
    case 'unknown-event':
      await write(eventFrame('brandNewEvent', { contentBlockIndex: 0, note: 'simulated' }));
      return 'goesOn';
    case 'first-frame-exception':
    case 'slow-drip':
    case 'empty-answer':
    case 'missing-metadata':
    case 'max-tokens-stop':
    case 'tiny-chunks':
    case 'malformed-output':
    case 'invented-quote':
    case 'missing-summary':
      return 'goesOn';
    default:
      return assertNever(fault);
  }
}

async function breakWith(answer: AnswerInProgress, write: Writer, frame: Buffer): Promise<'broken'> {
  await write(frame);
  answer.response.end();
  return 'broken';
}

const exceptionOf = (type: StreamException): Buffer => exceptionFrame(type, streamExceptionBody(type));

/** modelStreamErrorException says besides what went wrong behind it. */
export const streamExceptionBody = (type: StreamException) => ({
  message: messages[type],
  ...(type === 'modelStreamErrorException' ? { originalStatusCode: 500, originalMessage: 'simulated' } : {}),
});

const unexpected = 'The system encountered an unexpected error during processing. Try your request again.';
const messages: Readonly<Record<StreamException, string>> = {
  internalServerException: unexpected,
  modelStreamErrorException: unexpected,
  validationException: 'Malformed input request, please reformat your input and try again.',
  throttlingException: tooManyTokens,
  serviceUnavailableException: 'Bedrock is unable to process your request.',
};
