import type { ModelEvent } from '../models/model-types.ts';
import { MalformedOutputError } from '../models/model-failure.ts';
import { storable } from '../storable-text.ts';
import { createAnswerParser, type ParsedLine } from './answer-parser.ts';
import { locateQuotation } from './citations.ts';
import { analysisConfidence, findingConfidence } from './confidence.ts';
import { createEvidenceFinder, type Evidence, type QuotedSection } from './evidence.ts';
import type { FindingLine, RiskLevel, SummaryLine } from './finding.ts';
import { estimatePercent } from './progress-estimate.ts';
import { repairMessages } from './prompt.ts';

export type CheckedFinding = {
  readonly finding: FindingLine;
  readonly evidence: readonly Evidence[];
  readonly confidence: number;
};

export type ReviewSink = {
  thinking(text: string): void;
  /** Awaited before anything further of the stream is read. */
  found(finding: CheckedFinding): Promise<void>;
  /** 0 to 100, after every piece of the stream. */
  progress(percent: number): void;
};

export type ReviewResult = {
  readonly summary: string;
  readonly risk: RiskLevel | null;
  readonly confidence: number;
  readonly thinking: string;
};

/**
 * Reads one model's answer to a review as it comes in: every finding is checked against the section and handed on when its line is complete.
 * Throws MalformedOutputError, with the words that ask for a repair, for a line that is no valid finding or summary, and for an answer
 * without its one summary at the end: half a review must not look like a whole one.
 */
export async function readReview(
  events: AsyncIterable<ModelEvent>,
  section: QuotedSection,
  sink: ReviewSink,
): Promise<ReviewResult> {
  const parser = createAnswerParser();
  const locate = createEvidenceFinder(section);
  const confidences: number[] = [];
  let thinking = '';
  let answer = '';
  let isCutOff = false;
  let summary: SummaryLine | null = null;

  const refuse = (why: string): never => {
    throw new MalformedOutputError(why, repairMessages(answer, why));
  };

  const check = (finding: FindingLine): CheckedFinding => {
    const evidence = finding.evidence.map((quote) => locateQuotation(quote, locate));
    const { confidence: selfReported, recommendation = null, questions } = finding;
    return { finding, evidence, confidence: findingConfidence({ selfReported, evidence, recommendation, questions }) };
  };

  async function take(lines: readonly ParsedLine[]): Promise<void> {
    for (const line of lines) {
      if (line.type === 'malformed') return refuse(isCutOff ? cutOff : line.why);
      if (summary !== null) return refuse('something follows the summary');
      if (line.type === 'summary') {
        summary = line.summary;
        continue;
      }
      const checked = check(line.finding);
      confidences.push(checked.confidence);
      await sink.found(checked);
    }
  }

  for await (const event of events) {
    if (event.type === 'thinking') {
      const text = event.text.replaceAll('\0', '');
      thinking += text;
      sink.thinking(text);
    } else if (event.type === 'text') {
      answer += event.text;
      await take(parser.push(event.text));
    } else isCutOff = event.stopReason === 'max_tokens';
    const textChars = answer.length;
    sink.progress(estimatePercent({ thinkingChars: thinking.length, textChars, expectedTextChars: 4_000 }));
  }
  await take(parser.end());
  // The compiler does not see that `take` assigns.
  const final = summary as SummaryLine | null;
  if (final === null) return refuse(isCutOff ? cutOff : 'the summary is missing');
  return {
    summary: final.summary,
    risk: final.risk ?? null,
    confidence: analysisConfidence(final.confidence, confidences),
    thinking: storable(thinking),
  };
}

const cutOff = 'it was cut off at the limit of its length, so it has to be shorter';
