import { problemCodes } from '../src/errors.ts';
import { throttleLayers } from '../src/throttle/admission-port.ts';
import { builder } from './builder.ts';

export const DocumentFormat = builder.enumType('DocumentFormat', {
  description: 'What a document is, by its content.',
  values: {
    DOCX: { description: 'Word, .docx' },
    PDF: { description: 'PDF' },
    HTML: { description: 'HTML' },
    MARKDOWN: { description: 'Markdown' },
    TEXT: { description: 'Plain text' },
  },
});

export const DocumentStatus = builder.enumType('DocumentStatus', {
  description: 'How far a document has come.',
  values: {
    PARSING: { description: 'Stored and waiting for, or in, section extraction.' },
    READY: { description: 'Its sections can be analysed.' },
    FAILED: { description: 'It could not be read: see error.' },
  },
});

export const AnalysisStatus = builder.enumType('AnalysisStatus', {
  description: 'How far an analysis has come. The last three are final.',
  values: {
    QUEUED: { description: 'Waits for a worker.' },
    RUNNING: { description: 'A worker has it.' },
    COMPLETED: { description: 'All findings are there.' },
    FAILED: { description: 'No result: see error. It can be retried.' },
    CANCELLED: { description: 'Ended by a caller before it was done.' },
  },
});

export const ModelAttemptOutcome = builder.enumType('ModelAttemptOutcome', {
  description: 'How an invocation of a model ended, or why it was not made.',
  values: {
    SUCCEEDED: { description: 'The answer is complete.' },
    THROTTLED: { description: 'The provider refused for its rate or quota.' },
    TIMED_OUT: { description: 'No first token, or none for too long.' },
    UNAVAILABLE: { description: "The provider's fault, a cut stream, or an answer that cannot be used." },
    REJECTED: { description: 'The provider refuses this model or this request.' },
    SKIPPED_COOLING_DOWN: { description: 'Not tried: it was throttled a moment ago, or is retired.' },
    SKIPPED_CIRCUIT_OPEN: { description: 'Not tried: its circuit breaker is open.' },
    CANCELLED: { description: 'Ended by a caller.' },
  },
});

export const ChatRole = builder.enumType('ChatRole', {
  description: 'Who says something in a chat.',
  values: {
    USER: { description: 'A person.' },
    ASSISTANT: { description: 'A language model.' },
  },
});

export const ChatMessageStatus = builder.enumType('ChatMessageStatus', {
  description: 'How far an answer has come. The last three are final.',
  values: {
    QUEUED: { description: 'Waits for a worker.' },
    STREAMING: { description: 'A worker has it; its text grows.' },
    COMPLETED: { description: 'The text is whole.' },
    FAILED: { description: 'No answer: see error. Ask again.' },
    CANCELLED: { description: 'Ended by a caller before it was done.' },
  },
});

export const RiskLevel = builder.enumType('RiskLevel', {
  description: 'How much harm may come of it.',
  values: {
    LOW: { description: 'Worth knowing.' },
    MEDIUM: { description: 'Should be dealt with.' },
    HIGH: { description: 'Must be dealt with.' },
    CRITICAL: { description: 'Must be dealt with before anything else.' },
  },
});

export const FeedbackKind = builder.enumType('FeedbackKind', {
  description: 'What kind of finding it is.',
  values: {
    RISK: { description: 'The text does harm, or may.' },
    GAP: { description: 'Something is missing.' },
    QUESTION: { description: 'Something has to be asked.' },
    SUGGESTION: { description: 'Something could be better.' },
    STRENGTH: { description: 'Something is good and should stay.' },
  },
});

export const FeedbackStatus = builder.enumType('FeedbackStatus', {
  description: "A reviewer's decision on a finding.",
  values: {
    PENDING: { description: 'Not decided.' },
    ACCEPTED: { description: 'It stands.' },
    REJECTED: { description: 'It does not count.' },
  },
});

export const FeedbackChange = builder.enumType('FeedbackChange', {
  description: 'How a finding of a re-run relates to the analysis before.',
  values: {
    NEW: { description: 'It was not found before.' },
    UNCHANGED: { description: 'It was found before; the decision on it was carried over.' },
  },
});

export const FeedbackSource = builder.enumType('FeedbackSource', {
  description: 'Who found it.',
  values: {
    MODEL: { description: 'A language model.' },
    REVIEWER: { description: 'A person.' },
  },
});

export const ReportFormat = builder.enumType('ReportFormat', {
  description: 'What a report is rendered as.',
  values: {
    DOCX: { description: 'Word.' },
    PDF: { description: 'PDF, tagged and with an outline.' },
    HTML: { description: 'One file that loads nothing.' },
    JSON: { description: 'For programs; its JSON Schema is docs/report.schema.json.' },
    CSV: { description: 'A row per finding, for spreadsheets.' },
    ANNOTATED: {
      description:
        'The uploaded file itself with each finding as a comment on the words it quotes (Word comments in DOCX, annotations in PDF).',
    },
  },
});

export const ReportStatus = builder.enumType('ReportStatus', {
  description: 'How far a report has come. The last two are final.',
  values: {
    QUEUED: { description: 'Waits for a worker.' },
    RENDERING: { description: 'A worker has it.' },
    READY: { description: 'It can be downloaded.' },
    FAILED: { description: 'It could not be rendered: see error.' },
  },
});

export const BreakerState = builder.enumType('BreakerState', {
  description: 'State of a circuit breaker.',
  values: {
    CLOSED: { description: 'Calls go through.' },
    OPEN: { description: 'Calls are not made.' },
    HALF_OPEN: { description: 'One call decides whether it closes.' },
  },
});

export const ThrottleLayer = builder.enumType('ThrottleLayer', {
  description: 'The layer that makes an invocation wait.',
  values: Object.fromEntries(
    throttleLayers.map((layer) => [
      layer,
      {
        description: {
          REQUEST_QUEUE: 'Requests per minute, or at once.',
          TOKEN_BUDGET: 'Tokens per minute.',
          MODEL_COOLDOWN: 'All models that would do were throttled a moment ago.',
          CIRCUIT_BREAKER: 'The circuit breakers of all models that would do are open.',
          RETRY_BACKOFF: 'The whole chain failed; it is tried again after a while.',
        }[layer],
      },
    ]),
  ) as Record<(typeof throttleLayers)[number], { description: string }>,
});

const problemDescriptions: Record<(typeof problemCodes)[number], string> = {
  BAD_USER_INPUT: 'The request is not valid; the message says what to change.',
  UNAUTHENTICATED: 'Credentials are missing or not valid.',
  FORBIDDEN: 'The credentials do not allow this.',
  NOT_FOUND: 'There is no such thing, or it belongs to somebody else.',
  CONFLICT: "The thing's state does not allow this now.",
  PAYLOAD_TOO_LARGE: 'More bytes than are taken.',
  UNSUPPORTED_FORMAT: 'A kind of file that is not read.',
  UNREADABLE_DOCUMENT: 'A file that cannot be read, with the reason.',
  RATE_LIMITED: 'Too many requests; try again later.',
  QUEUE_FULL: 'Too much work is waiting; try again later.',
  ALL_MODELS_UNAVAILABLE: 'No model of the chain answered; try again later.',
  MODEL_REJECTED_REQUEST: 'The provider refuses the request, whichever model.',
  TIMED_OUT: 'It took longer than allowed.',
  CANCELLED: 'A caller ended it.',
  STORAGE_UNAVAILABLE: 'The document store does not answer; try again later.',
  SERVICE_UNAVAILABLE: 'A part of the service does not answer; try again later.',
  EVENTS_EXPIRED: 'The events behind a cursor are no longer kept: read the state again.',
  SLOW_CONSUMER: 'The subscriber was too far behind for too long: resume with the last cursor.',
  INTERNAL: 'A fault of this service; the message carries an id to report.',
};

export const ProblemCode = builder.enumType('ProblemCode', {
  description: "What went wrong: extensions.code of a request's error, or code of a Problem.",
  values: Object.fromEntries(problemCodes.map((code) => [code, { description: problemDescriptions[code] }])) as Record<
    (typeof problemCodes)[number],
    { description: string }
  >,
});
