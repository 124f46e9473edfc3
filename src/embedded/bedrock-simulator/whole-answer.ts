import { randomUUID } from 'node:crypto';
import { assertNever } from '../../errors.ts';
import {
  latencyMs,
  tokenIntervalMs,
  usageOf,
  type AnswerInProgress,
  type AnswerOutcome,
} from './answer-in-progress.ts';
import type { StreamException } from './fault-types.ts';
import { createPacer, createWriter, resetConnection, stall } from './response-writer.ts';
import { sendServiceError } from './service-error.ts';
import { signatureOf, streamExceptionBody } from './stream-answer.ts';

/**
 * Converse's answer: one JSON document, after as long as streaming it would take. A fault that a stream would carry as an exception comes
 * as an HTTP error; one that would cut the stream resets the connection.
 */
export async function sendWholeAnswer(answer: AnswerInProgress): Promise<AnswerOutcome> {
  const { generation, signal, clock, fault, response } = answer;
  const pace = createPacer(tokenIntervalMs(answer), clock, signal);
  const total = generation.thinking.length + generation.text.length;
  const strikesAt = fault !== null && 'afterTokens' in fault ? Math.min(fault.afterTokens, total) : 0;
  for (; answer.sentTokens < strikesAt; answer.sentTokens += 1) await pace();
  if ((await strike(answer)) === 'broken') return 'broken';
  for (; answer.sentTokens < total; answer.sentTokens += 1) await pace();
  response.writeHead(200, { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID() });
  const write = createWriter(response, signal, fault?.kind === 'tiny-chunks');
  await write(Buffer.from(JSON.stringify(documentOf(answer))));
  response.end();
  return fault?.kind === 'missing-metadata' ? 'broken' : 'completed';
}

const statusOf: Readonly<Record<StreamException, number>> = {
  internalServerException: 500,
  modelStreamErrorException: 424,
  validationException: 400,
  throttlingException: 429,
  serviceUnavailableException: 503,
};

async function strike({ fault, response, clock, signal }: AnswerInProgress): Promise<'broken' | 'goesOn'> {
  switch (fault?.kind) {
    case 'first-frame-exception':
    case 'mid-stream-exception': {
      const { message, ...members } = streamExceptionBody(fault.exception);
      const type = fault.exception[0]?.toUpperCase() + fault.exception.slice(1);
      sendServiceError(response, { status: statusOf[fault.exception], type, message, members });
      return 'broken';
    }
    case 'unmodelled-exception':
    case 'error-frame':
      sendServiceError(response, {
        status: 500,
        type: 'InternalFailure',
        message: 'An internal server error occurred',
      });
      return 'broken';
    case 'clean-cut':
    case 'half-frame':
    case 'bad-checksum':
    case 'reset':
      await resetConnection(response, clock, signal);
      return 'broken';
    case 'stall':
      await stall(fault.durationMs, clock, signal);
      return 'goesOn';
    case 'slow-drip':
    case 'empty-answer':
    case 'missing-metadata':
    case 'unknown-event':
    case 'max-tokens-stop':
    case 'tiny-chunks':
    case 'malformed-output':
    case 'invented-quote':
    case 'missing-summary':
    case undefined:
      return 'goesOn';
    default:
      return assertNever(fault);
  }
}

function documentOf(answer: AnswerInProgress): object {
  const { thinking, text, stopReason } = answer.generation;
  const reasoningText = { text: thinking.join(''), signature: signatureOf(thinking) };
  const content = [
    thinking.length > 0 ? { reasoningContent: { reasoningText } } : [],
    text.length > 0 ? { text: text.join('') } : [],
  ].flat();
  const metadata = { usage: usageOf(answer), metrics: { latencyMs: latencyMs(answer) } };
  return {
    output: { message: { role: 'assistant', content } },
    stopReason,
    ...(answer.fault?.kind === 'missing-metadata' ? {} : metadata),
    ...(answer.fault?.kind === 'unknown-event' ? { brandNewMember: 'simulated' } : {}),
  };
}
