import type { AnswerFault } from './fault-types.ts';
import type { ComposedAnswer } from './reviewer/compose-answer.ts';
import type { Finding } from './reviewer/review-section.ts';

/** The words of an answer; those faults that are in the words themselves are put in here. */
export function spoil(content: ComposedAnswer['content'], fault: AnswerFault | null): string {
  return content.type === 'review' ? spoilReview(content, fault) : spoilText(content.text, fault);
}

const inventedQuote = 'The parties hereby agree to words that nobody ever wrote.';

function spoilReview(
  review: Extract<ComposedAnswer['content'], { type: 'review' }>,
  fault: AnswerFault | null,
): string {
  const findings = review.findings.map((finding) => JSON.stringify(finding));
  const summary = JSON.stringify(review.summary);
  if (fault?.kind === 'missing-summary') return findings.join('\n');
  if (fault?.kind === 'invented-quote') return [...inventQuotes(review.findings), summary].join('\n');
  if (fault?.kind !== 'malformed-output') return [...findings, summary].join('\n');
  return [
    'Here is my review of the section:',
    // Cut within the last value, as by a model that loses its thread.
    ...findings.map((line) => line.slice(0, -8)),
    '{"type":"finding","kind":"DANGER","category":"None","risk":"SEVERE","title":"No such kind","detail":"","evidence":[],"confidence":7}',
    summary,
  ].join('\n');
}

/** A section with nothing to find gets a finding for its invented quotation to stand in. */
function inventQuotes(findings: readonly Finding[]): string[] {
  const none: Finding = {
    type: 'finding',
    kind: 'RISK',
    category: 'Consistency',
    risk: 'MEDIUM',
    title: 'Rests on words that are not there',
    detail: 'A simulated fault: the quotation is invented.',
    recommendation: 'Look the quotation up.',
    questions: [],
    evidence: [],
    checks: [],
    confidence: 0.9,
  };
  return (findings.length === 0 ? [none] : findings).map((finding) =>
    JSON.stringify({ ...finding, evidence: [inventedQuote, ...finding.evidence.slice(1)] }),
  );
}

/** Chat is Markdown and has no summary: only its citations can be spoiled. */
function spoilText(text: string, fault: AnswerFault | null): string {
  if (fault?.kind === 'invented-quote') return `${text}\n\n- <cite>${inventedQuote}</cite>`;
  if (fault?.kind === 'malformed-output') return `${text}\n\n- <cite>never closed`;
  return text;
}
