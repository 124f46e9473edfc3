import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Call } from './converse-request.ts';
import { isModel } from './fault-rules.ts';
import { faultSchema, type Fault } from './fault-types.ts';

/**
 * Faults asked for by the text itself, so that whoever tries the product out can see one without any tool. Only the simulator knows these
 * markers; a real model reads them as odd words. Anywhere in a document:
 *
 *     [[simulate:throttle model=sonnet-4.5]]                 only this model, so that the next one answers
 *     [[simulate:mid-stream-exception afterTokens=40 times=1]]  only the first request with this very text
 *     [[simulate:unavailable region=us-east-2]]
 *
 * After the colon stands a `kind` of fault-types.ts, then its own settings and `model`, `region`, `times`. Of several markers the first
 * that strikes counts. One that cannot be understood is answered with an error that says why.
 */
type MarkerReading =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'strikes'; readonly fault: Fault }
  | { readonly outcome: 'invalid'; readonly message: string };

export type FaultMarkers = { take(call: Call, documentText: string): MarkerReading };

const markerSchema = z.object({
  model: z.string().optional(),
  region: z.string().optional(),
  times: z.coerce.number().int().min(1).optional(),
});

/** Texts whose markers are remembered for `times`; the oldest is forgotten first. */
const maxRemembered = 10_000;

export function createFaultMarkers(): FaultMarkers {
  const strikes = new Map<string, number>();

  function countStrike(key: string): number {
    const count = (strikes.get(key) ?? 0) + 1;
    strikes.set(key, count);
    const oldest = strikes.keys().next();
    if (strikes.size > maxRemembered && !oldest.done) strikes.delete(oldest.value);
    return count;
  }

  return {
    take(call, documentText) {
      for (const [marker, kind = '', rest = ''] of documentText.matchAll(/\[\[simulate:([\w-]+)([^\]]{0,200})\]\]/g)) {
        const settings = Object.fromEntries(
          [...rest.matchAll(/(\w+)=([^\s\]]+)/g)].map((match) => [match[1], match[2]]),
        );
        const parsed = parseMarker(kind, settings);
        if (parsed.outcome === 'invalid') return { outcome: 'invalid', message: `${marker}: ${parsed.message}` };
        const { model, region, times } = parsed.scope;
        if (model !== undefined && !isModel(model, call.modelId)) continue;
        if (region !== undefined && region !== call.region) continue;
        if (times !== undefined && countStrike(digest(marker, documentText)) > times) continue;
        return { outcome: 'strikes', fault: parsed.fault };
      }
      return { outcome: 'none' };
    },
  };
}

const digest = (marker: string, documentText: string): string =>
  createHash('sha256').update(`${marker}\n${documentText}`).digest('base64');

type ParsedMarker =
  | { readonly outcome: 'valid'; readonly fault: Fault; readonly scope: z.infer<typeof markerSchema> }
  | { readonly outcome: 'invalid'; readonly message: string };

function parseMarker(kind: string, settings: Readonly<Record<string, string>>): ParsedMarker {
  const { model, region, times, ...own } = settings;
  const numbers = Object.entries(own).map(([name, value]) => [name, /^\d+$/.test(value) ? Number(value) : value]);
  const scope = markerSchema.safeParse({ model, region, times });
  const fault = faultSchema.safeParse({ kind, ...Object.fromEntries(numbers) });
  if (scope.success && fault.success) return { outcome: 'valid', fault: fault.data, scope: scope.data };
  const issue = (scope.error ?? fault.error)?.issues[0];
  return { outcome: 'invalid', message: `${issue?.path.join('.') ?? 'kind'}: ${issue?.message ?? 'not known'}` };
}
