import { z } from 'zod';
import type { RiskLevel } from './finding.ts';

/** What a review of one part of a section came to. */
const partResult = z.object({
  /** Where the part ends in its section, in UTF-16 code units: the next part begins there. */
  endOffset: z.int().positive(),
  summary: z.string(),
  risk: z.enum(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']).nullable(),
  confidence: z.number(),
  /** As it was streamed. */
  thinking: z.string(),
  contextTokensSaved: z.int(),
});
export type PartResult = z.infer<typeof partResult>;

/** Parts that are done, in order, as they are stored with an analysis. */
export const partResults = z.array(partResult);

const risksUpwards: readonly RiskLevel[] = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];

/**
 * One result out of the results of a section's parts, all of them and in order:
 *
 *   summary     one paragraph per part
 *   risk        the highest; null when no part has one
 *   confidence  mean of the parts', each weighted by the length of its text; two decimals
 *   thinking    one behind the other, as it was streamed
 *   contextTokensSaved  their sum
 *
 * The result of a single part is that part's own.
 */
export function combineParts(parts: readonly PartResult[]): Omit<PartResult, 'endOffset'> {
  let startOffset = 0;
  let weighted = 0;
  for (const { endOffset, confidence } of parts) {
    weighted += confidence * (endOffset - startOffset);
    startOffset = endOffset;
  }
  return {
    summary: parts.map(({ summary }) => summary).join('\n\n'),
    risk: risksUpwards.findLast((level) => parts.some(({ risk }) => risk === level)) ?? null,
    confidence: startOffset === 0 ? 0 : Math.round((weighted / startOffset) * 100) / 100,
    thinking: parts.map(({ thinking }) => thinking).join(''),
    contextTokensSaved: parts.reduce((sum, part) => sum + part.contextTokensSaved, 0),
  };
}
