import type { RandomSource } from '../../clock.ts';
import type { Call } from './converse-request.ts';
import { faultRuleSchema, type Fault, type FaultRule, type FaultRuleInput } from './fault-types.ts';
import { findModel } from './model-table.ts';

/** The faults that were asked for, in the order in which they were added: of those that strike a request, the first one counts. */
export type FaultRules = {
  /** Throws a ZodError for a rule that is not valid. Gives the rule's id. */
  add(rule: FaultRuleInput): string;
  clear(): void;
  list(): readonly FaultRuleState[];
  /**
   * The fault that strikes this call, among those that `isDue` lets through; it is counted as a strike. `text` is everything that the
   * request says.
   */
  take<F extends Fault>(call: Call, text: string, isDue: (fault: Fault) => fault is F): F | null;
};

type FaultRuleState = FaultRule & {
  readonly id: string;
  /** Requests that matched, whether or not they were struck. */
  readonly matched: number;
  readonly struck: number;
};

type ActiveRule = {
  readonly id: string;
  readonly rule: FaultRule;
  readonly random: RandomSource;
  matched: number;
  struck: number;
};

export function createFaultRules(): FaultRules {
  let active: ActiveRule[] = [];
  let added = 0;

  return {
    add(input) {
      const rule = faultRuleSchema.parse(input);
      added += 1;
      const id = `fault-${added}`;
      active.push({ id, rule, random: seededRandom(rule.seed), matched: 0, struck: 0 });
      return id;
    },
    clear() {
      active = [];
    },
    list: () => active.map(({ id, rule, matched, struck }) => ({ ...rule, id, matched, struck })),
    take(call, text, isDue) {
      for (const entry of active) {
        const { fault } = entry.rule;
        if (isDue(fault) && matches(entry.rule, call, text) && strikes(entry)) return fault;
      }
      return null;
    },
  };
}

function matches({ match, fault }: FaultRule, call: Call, text: string): boolean {
  const isMeant =
    match.operation === undefined
      ? call.operation !== 'list-models' || fault.kind === 'outage'
      : match.operation === call.operation;
  return (
    isMeant &&
    (match.modelId === undefined || isModel(match.modelId, call.modelId)) &&
    (match.region === undefined || match.region === call.region) &&
    (match.textIncludes === undefined || text.includes(match.textIncludes))
  );
}

/** Whether a model is meant by an id as in the request, its bare id or its short name. */
export function isModel(wanted: string, modelId: string | null): boolean {
  if (modelId === null) return false;
  const model = findModel(modelId)?.model;
  return wanted === modelId || wanted === model?.baseId || wanted === model?.key;
}

function strikes(entry: ActiveRule): boolean {
  const { match, times, probability } = entry.rule;
  entry.matched += 1;
  const isTurn = match.nth === undefined || entry.matched === match.nth;
  // Drawn for every match, so that the choice depends on the seed and the number of requests alone.
  const isDrawn = probability === undefined || entry.random() < probability;
  const isLeft = times === undefined || entry.struck < times;
  if (!isTurn || !isDrawn || !isLeft) return false;
  entry.struck += 1;
  return true;
}

/** Mulberry32: small, and the same on every machine. */
function seededRandom(seed: number): RandomSource {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
