import type { Feedback } from '../../src/db.ts';
import type { EventData } from '../../src/events/event-types.ts';
import { estimateTextTokens } from '../../src/models/estimate-tokens.ts';
import type { ModelSpec } from '../../src/models/model-types.ts';
import { combineParts, type PartResult } from '../../src/review/combine-parts.ts';
import type { QuotedSection } from '../../src/review/evidence.ts';
import { escapeFence } from '../../src/review/fence.ts';
import type { ReviewedSection, ReviewRequest } from '../../src/review/prompt.ts';
import { remainingParts, roomForText } from '../../src/review/section-parts.ts';
import type { ReviewResult } from '../../src/review/section-reader.ts';

/** What may be asked in one request. */
export type RequestLimits = {
  readonly chain: readonly ModelSpec[];
  /** Of a section's text. */
  readonly mostTokens: number;
  readonly tokensPerMinute: number;
};

/** One request of a review: the whole section, or a part of a long one. */
export type ReviewPart = ReviewRequest & {
  /** In its section, from 0. */
  readonly index: number;
  readonly isLast: boolean;
  readonly endOffset: number;
  /** What the model is shown, and so what its quotations are looked up in. */
  readonly shown: QuotedSection;
  /** The whole analysis's percentage at a percentage of this part. */
  percentAt(percent: number): number;
};

/** The requests that are left of a section's review, in order. No character of its text is left out, and none asked for twice. */
export function planParts(
  section: ReviewedSection & QuotedSection,
  done: readonly PartResult[],
  toRequest: (shown: ReviewedSection) => ReviewRequest,
  limits: RequestLimits,
): ReviewPart[] {
  const { id, title, text, pageStart, pageBreaks } = section;
  const roomTokens = roomForText(toRequest({ id, title, text: '' }).request, limits);
  const tokensOf = (shown: string): number => {
    const escaped = escapeFence(shown);
    return Math.max(...limits.chain.map((model) => estimateTextTokens(escaped, model)));
  };
  const parts = remainingParts(text, done.at(-1)?.endOffset ?? 0, { tokensOf, roomTokens });
  const count = done.length + parts.length;
  return parts.map((part, place) => {
    const index = done.length + place;
    const shownTitle = count === 1 ? title : `${title} (part ${index + 1} of ${count})`;
    const startPercent = (100 * part.startOffset) / text.length;
    return {
      index,
      isLast: place === parts.length - 1,
      endOffset: part.endOffset,
      ...toRequest({ id, title: shownTitle, text: part.text }),
      shown: { text: part.text, startOffset: section.startOffset + part.startOffset, pageStart, pageBreaks },
      percentAt: (percent) =>
        count === 1 ? percent : startPercent + (percent * part.text.length) / Math.max(1, text.length),
    };
  });
}

/** What clients were told of parts that are done, to be told again in a new attempt. `findings` are those of all of them. */
export const eventsOfParts = (
  analysisId: string,
  done: readonly PartResult[],
  findings: readonly Feedback[],
): EventData[] =>
  done.flatMap(({ thinking }, part): EventData[] => [
    ...(thinking === '' ? [] : [{ type: 'thinking:delta', analysisId, text: thinking } as const]),
    ...findings
      .filter((feedback) => feedback.part === part)
      .map((feedback) => ({ type: 'feedback:found', analysisId, sectionId: feedback.sectionId, feedback }) as const),
  ]);

/** What the parts of one review have come to so far, and the thinking of the one under way. */
export function createPartsReview(before: readonly PartResult[]) {
  let done = [...before];
  let thinking = '';
  const thinkingOfDone = (): string => combineParts(done).thinking;

  return {
    done: (): readonly PartResult[] => done,

    /** Everything that was streamed and is not void. */
    thinking: (): string => thinkingOfDone() + thinking,

    /** Takes a piece of the model's thinking; answers what to stream of it, so that parts are told apart. */
    think(text: string): string {
      const piece = thinking === '' && done.length > 0 ? `\n\n${text}` : text;
      thinking += piece;
      return piece;
    },

    /** The part under way is void. */
    startOver(): void {
      thinking = '';
    },

    resultOf: (part: ReviewPart, { summary, risk, confidence }: ReviewResult): PartResult => ({
      endOffset: part.endOffset,
      contextTokensSaved: part.contextTokensSaved,
      summary,
      risk,
      confidence,
      thinking,
    }),

    finish(result: PartResult): void {
      done = [...done, result];
      thinking = '';
    },

    /** The result of the whole section, the last part being this one. */
    whole: (last: PartResult): Omit<PartResult, 'endOffset'> => combineParts([...done, last]),
  };
}
