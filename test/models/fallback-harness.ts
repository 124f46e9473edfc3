import { expect } from 'vitest';
import type { RandomSource } from '../../src/clock.ts';
import type { FailureClass } from '../../src/models/classify-failure.ts';
import { newFallbackBudget, type FallbackBudget } from '../../src/models/fallback-budget.ts';
import type { AttemptRecord, FallbackDeps, FallbackJob, FallbackOutcome } from '../../src/models/fallback-types.ts';
import { ModelFailure } from '../../src/models/model-failure.ts';
import type { ModelEvent, ModelRequest, ModelSpec, TokenUsage } from '../../src/models/model-types.ts';
import { runWithFallback } from '../../src/models/run-with-fallback.ts';
import type { Admission, AdmissionDecision, AdmissionRequest, Lease } from '../../src/throttle/admission-port.ts';
import { defaultRetryPolicy } from '../../src/throttle/retry-backoff.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';

export const request: ModelRequest = {
  system: 'Review.',
  messages: [{ role: 'user', text: 'A section' }],
  maxTokens: 1_000,
  temperature: 0,
};

export const spec = (key: string, change: Partial<ModelSpec> = {}): ModelSpec => ({
  key,
  name: `Model ${key}`,
  bedrockId: `us.anthropic.${key}`,
  thinking: 'none',
  thinkingBudgetTokens: null,
  maxTokens: 1_000,
  contextTokens: 200_000,
  tokenizerFactor: 1,
  acceptsTemperature: true,
  outputBurndown: 5,
  inputUsdPerMillionTokens: 3,
  outputUsdPerMillionTokens: 15,
  cacheReadUsdPerMillionTokens: 0.3,
  cacheWriteUsdPerMillionTokens: 3.75,
  minCacheTokens: null,
  endOfLife: null,
  ...change,
});

/** What one call of a model does. */
export type Script = (signal: AbortSignal) => AsyncGenerator<ModelEvent, void, undefined>;

export const usage: TokenUsage = { inputTokens: 100, outputTokens: 50, cacheReadTokens: 0, cacheWriteTokens: 0 };

export const answers = (text = 'fine', stopReason = 'end_turn'): Script =>
  async function* () {
    yield { type: 'text', text };
    yield { type: 'completed', stopReason, usage };
  };

type FailingOptions = { readonly after?: string; readonly usage?: TokenUsage | null };

export const fails = (failure: FailureClass, { after, usage: used = null }: FailingOptions = {}): Script =>
  async function* () {
    if (after !== undefined) yield { type: 'text', text: after };
    const phase = after === undefined ? 'beforeFirstEvent' : 'inStream';
    throw new ModelFailure({ failure, reason: `because ${failure.kind}` }, { phase, usage: used });
  };

export const throttles: Script = fails({ kind: 'throttled', cooldownMs: 60_000 });
export const isRetired: Script = fails({ kind: 'retired' });
export const isDown: Script = fails({ kind: 'unavailable', scope: 'model' });
export const regionIsDown: Script = fails({ kind: 'unavailable', scope: 'region' });

/** Gives `after`, then nothing more until it is aborted. */
export const hangs = (after?: string): Script =>
  async function* (signal) {
    if (after !== undefined) yield { type: 'text', text: after };
    await new Promise((_resolve, reject) => {
      if (signal.aborted) reject(signal.reason as Error);
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  };

export type HarnessOptions = {
  readonly models?: readonly (string | ModelSpec)[];
  readonly regions?: readonly string[];
  /** Of each `model@region`, in the order of its calls; when there are none left it answers. */
  readonly scripts?: Readonly<Record<string, readonly Script[]>>;
  /** What the admission says, in order; afterwards it lets the first candidate through. */
  readonly decisions?: readonly (AdmissionDecision | ((request: AdmissionRequest) => AdmissionDecision))[];
  readonly maxWaitInPlaceMs?: number;
  readonly mostInvocations?: number;
  readonly random?: RandomSource;
  readonly admission?: Partial<Admission>;
};

export type Harness = {
  readonly clock: FakeClock;
  readonly deps: FallbackDeps;
  /** What happened, each line with the time in ms at which it did. */
  readonly timeline: string[];
  readonly attempts: AttemptRecord[];
  readonly admitted: AdmissionRequest[];
  /** What the admission was told in the end, by lease. */
  readonly settlements: Map<string, Parameters<Admission['settle']>[1][]>;
  job(change?: Partial<FallbackJob<string>>): FallbackJob<string>;
  run(change?: Partial<FallbackJob<string>>): Promise<FallbackOutcome<string>>;
  /** Runs while time flies: as long as anyone sleeps, the next one is woken. */
  runToEnd(change?: Partial<FallbackJob<string>>): Promise<FallbackOutcome<string>>;
  /** Fails unless every lease ever given was settled, and once. */
  expectAllSettled(): void;
};

/** The text of the answer, which it writes into the timeline as it comes. */
export const readText =
  (log: (line: string) => void) =>
  async (events: AsyncIterable<ModelEvent>): Promise<string> => {
    let text = '';
    for await (const event of events) {
      if (event.type === 'completed') continue;
      log(`read "${event.text}"`);
      text += event.text;
    }
    return text;
  };

export function createHarness(options: HarnessOptions = {}): Harness {
  const clock = createFakeClock();
  const chain = (options.models ?? ['A', 'B', 'C']).map((model) => (typeof model === 'string' ? spec(model) : model));
  const timeline: string[] = [];
  const attempts: AttemptRecord[] = [];
  const admitted: AdmissionRequest[] = [];
  const settlements: Harness['settlements'] = new Map();
  const decisions = [...(options.decisions ?? [])];
  const scripts = new Map(Object.entries(options.scripts ?? {}).map(([target, list]) => [target, [...list]]));
  const log = (line: string) => timeline.push(`${clock.monotonic()} ${line}`);

  const admission: Admission = {
    async admit(asked) {
      admitted.push(asked);
      const scripted = decisions.shift();
      const decision = typeof scripted === 'function' ? scripted(asked) : (scripted ?? admitFirst(asked));
      if (decision.outcome === 'admitted') settlements.set(decision.lease.id, []);
      return decision;
    },
    renew: async () => true,
    backOff: async () => undefined,
    async settle(lease, settlement) {
      settlements.get(lease.id)?.push(settlement);
    },
    ...options.admission,
  };
  const deps: FallbackDeps = {
    chain,
    regions: options.regions ?? ['east'],
    admission,
    client: {
      stream(model, region, _request, signal) {
        const target = `${model.key}@${region}`;
        log(`call ${target}`);
        return (scripts.get(target)?.shift() ?? answers())(signal);
      },
      close: () => undefined,
    },
    clock,
    random: options.random ?? (() => 0.5),
    policy: {
      leaseTtlMs: 30_000,
      maxWaitInPlaceMs: options.maxWaitInPlaceMs ?? 3_600_000,
      retry: { ...defaultRetryPolicy, mostInvocations: options.mostInvocations ?? 100 },
    },
  };
  const job: Harness['job'] = (change = {}) => ({
    request,
    holder: 'job-1',
    priority: 'analysis',
    signal: new AbortController().signal,
    budget: newFallbackBudget,
    observer: {
      waiting: (layer, waitMs) => void log(`wait ${layer} ${waitMs}`),
      selected: (model, region) => void log(`selected ${model.key}@${region}`),
      fellBack: (from, to, reason, waitMs) => void log(`fell back ${from.key}>${to.key} after ${waitMs}: ${reason}`),
      attemptEnded(record) {
        attempts.push(record);
        log(`${record.outcome} ${record.modelKey}@${record.region}`);
      },
      restarted: async (reason) => void log(`restarted: ${reason}`),
      settlementLost: () => void log('settlement lost'),
    },
    consume: readText(log),
    ...change,
  });

  return {
    clock,
    deps,
    timeline,
    attempts,
    admitted,
    settlements,
    job,
    run: (change) => runWithFallback(deps, job(change)),
    async runToEnd(change) {
      let isOver = false;
      const outcome = runWithFallback(deps, job(change)).finally(() => {
        isOver = true;
      });
      outcome.catch(() => undefined);
      for (let turn = 0; turn < 1_000; turn++) {
        const waitMs = await clock.nextWakeMs();
        if (isOver) break;
        if (waitMs !== null) await clock.advance(waitMs);
      }
      return outcome;
    },
    expectAllSettled() {
      expect([...settlements.values()].map((list) => list.length)).toEqual([...settlements].map(() => 1));
    },
  };
}

let leases = 0;

function admitFirst(asked: AdmissionRequest): AdmissionDecision {
  const [first] = asked.candidates;
  if (!first) throw new Error('Nothing was asked for');
  return admit(first.modelKey, first.region);
}

export function admit(modelKey: string, region = 'east', change: Partial<Lease> = {}): AdmissionDecision {
  leases += 1;
  return {
    outcome: 'admitted',
    lease: { id: `lease-${leases}`, modelKey, region, isProbe: false, ...change },
    skipped: [],
  };
}

type WaitDecision = Extract<AdmissionDecision, { outcome: 'wait' }>;

export const wait = (
  layer: WaitDecision['layer'],
  waitMs: number,
  change: Partial<WaitDecision> = {},
): WaitDecision => ({
  outcome: 'wait',
  layer,
  waitMs,
  expectedMs: waitMs,
  reason: 'told to',
  skipped: [],
  ...change,
});

/** A budget as it comes back from storage. */
export const stored = (budget: FallbackBudget): FallbackBudget => JSON.parse(JSON.stringify(budget)) as FallbackBudget;
