import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import type { CallInProgress, CallOutcome } from './activity.ts';
import { usageOf, type AnswerInProgress } from './answer-in-progress.ts';
import { parseConverseBody, type Call, type ConverseBody } from './converse-request.ts';
import type { FaultMarkers } from './fault-markers.ts';
import type { FaultRules } from './fault-rules.ts';
import { isRefusal, type AnswerFault, type Fault, type OutageFault } from './fault-types.ts';
import { sendFoundationModels } from './foundation-models.ts';
import { generate } from './generation.ts';
import type { PromptCache } from './prompt-cache.ts';
import type { QuotaMeter } from './quota.ts';
import { readBody } from './read-body.ts';
import { refusalError } from './refusals.ts';
import { checkRequest, lookUpModel, promptText, receive, type ReceivedRequest } from './request-rules.ts';
import { documentText } from './reviewer/compose-answer.ts';
import { sendServiceError, validationError, type ServiceError } from './service-error.ts';
import { streamAnswer } from './stream-answer.ts';
import { sendWholeAnswer } from './whole-answer.ts';

/**
 * The way of one request, in this order: an outage of its region, its signature, the rules that any request must keep, the faults that
 * were asked for, the quota, the answer. So a fault strikes only a request that would have been answered.
 */
export type CallContext = {
  readonly clock: Clock;
  readonly tokensPerSecond: number;
  readonly endOfLife: ReadonlySet<string>;
  readonly faults: FaultRules;
  readonly markers: FaultMarkers;
  readonly promptCache: PromptCache;
  /** Null: nothing is ever throttled by itself. */
  readonly quotaMeter: QuotaMeter | null;
};

export type Exchange = {
  readonly call: Call;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  readonly progress: CallInProgress;
};

export async function serveCall(context: CallContext, exchange: Exchange): Promise<CallOutcome> {
  const { call, request, response, progress } = exchange;
  const text = await readBody(request);
  if (text === null) return refuse(response, validationError('Input is too long for requested model.'));
  const parsed = call.operation === 'list-models' ? null : parseConverseBody(text);
  const body = parsed?.outcome === 'parsed' ? parsed.body : null;
  if (body !== null) progress.understood(body);

  const outage = context.faults.take(call, body === null ? '' : promptText(body), isOutage);
  if (outage !== null) return goDown(exchange, outage);
  if (request.headers.authorization === undefined) return refuse(response, missingTokenError);
  if (parsed === null) {
    sendFoundationModels(response, call.region, context.endOfLife);
    return 'completed';
  }
  if (parsed.outcome === 'malformed') return refuse(response, validationError(parsed.message));
  return converse(context, exchange, parsed.body);
}

async function converse(context: CallContext, exchange: Exchange, body: ConverseBody): Promise<CallOutcome> {
  const { call, response } = exchange;
  const modelId = call.modelId ?? '';
  const lookup = lookUpModel(modelId, call.region, context.endOfLife);
  if (lookup.outcome === 'refused') return refuse(response, lookup.error);
  const request = receive(lookup.model, body);
  const mistake = checkRequest(request);
  if (mistake !== null) return refuse(response, mistake);

  const asked = takeFault(context, call, body);
  if (asked.outcome === 'invalid') return refuse(response, validationError(asked.message));
  const { fault } = asked;
  if (fault?.kind === 'outage') return goDown(exchange, fault);
  if (fault !== null && isRefusal(fault)) return refuse(response, refusalError(fault, modelId));
  return answer(context, exchange, request, fault);
}

async function answer(
  context: CallContext,
  { call, response, signal }: Exchange,
  request: ReceivedRequest,
  fault: AnswerFault | null,
): Promise<CallOutcome> {
  const scope = `${call.region} ${call.modelId}`;
  const reservation = context.quotaMeter?.reserve(scope, request.inputTokens + request.maxTokens);
  if (reservation?.outcome === 'throttled') return refuse(response, reservation.error);
  const progress: AnswerInProgress = {
    request,
    generation: generate(request, fault),
    cacheUse: context.promptCache.use(scope, request),
    fault,
    response,
    signal,
    clock: context.clock,
    tokensPerSecond: context.tokensPerSecond,
    startedAtMs: context.clock.monotonic(),
    sentTokens: 0,
  };
  try {
    return await (call.operation === 'converse' ? sendWholeAnswer(progress) : streamAnswer(progress));
  } finally {
    const usage = usageOf(progress);
    const outputTokens = usage.outputTokens * request.model.outputBurndown;
    reservation?.settle(usage.inputTokens + usage.cacheWriteInputTokens + outputTokens);
  }
}

type AskedFault =
  | { readonly outcome: 'read'; readonly fault: Fault | null }
  | { readonly outcome: 'invalid'; readonly message: string };

/** A rule goes before a marker in the text. */
function takeFault(context: CallContext, call: Call, body: ConverseBody): AskedFault {
  const ruled = context.faults.take(call, promptText(body), isNoOutage);
  if (ruled !== null) return { outcome: 'read', fault: ruled };
  const marked = context.markers.take(call, documentText(body));
  if (marked.outcome === 'invalid') return marked;
  return { outcome: 'read', fault: marked.outcome === 'strikes' ? marked.fault : null };
}

const isOutage = (fault: Fault): fault is OutageFault => fault.kind === 'outage';
const isNoOutage = (fault: Fault): fault is Exclude<Fault, OutageFault> => fault.kind !== 'outage';

const missingTokenError: ServiceError = {
  status: 403,
  type: 'MissingAuthenticationTokenException',
  message: 'Missing Authentication Token',
};

function refuse(response: ServerResponse, error: ServiceError): 'refused' {
  sendServiceError(response, error);
  return 'refused';
}

function goDown({ request, response, call }: Exchange, fault: OutageFault): CallOutcome {
  if (fault.as === 'unavailable') {
    return refuse(response, refusalError({ kind: 'unavailable' }, call.modelId ?? ''));
  }
  request.socket.resetAndDestroy();
  return 'broken';
}
