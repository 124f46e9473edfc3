import { parseArgs } from 'node:util';
import { contenders, type Contender } from './contenders.ts';
import type { IdleLayout } from './idle-subscriptions.ts';

const parts = ['shared-100', 'shared-1000', 'own-1000', 'stalled', 'idle', 'append'] as const;
type Part = (typeof parts)[number];

export type Plan = {
  readonly runs: number;
  readonly parts: readonly Part[];
  readonly servers: readonly Contender[];
  readonly windowMs: number;
  readonly stalledBeforeMs: number;
  readonly stalledMs: number;
  readonly idle: IdleLayout;
  readonly append: { readonly rounds: number; readonly appends: number };
  readonly hasShortIds: boolean;
  readonly profileDir: string | null;
};

export const wholePlan: Plan = {
  runs: 3,
  parts,
  servers: contenders,
  windowMs: 1_500,
  stalledBeforeMs: 4_000,
  stalledMs: 8_000,
  idle: { sockets: 200, subscriptionsPerSocket: 50 },
  append: { rounds: 5, appends: 2_000 },
  hasShortIds: false,
  profileDir: null,
};

const quickPlan: Plan = {
  ...wholePlan,
  runs: 1,
  windowMs: 800,
  stalledBeforeMs: 3_000,
  stalledMs: 5_000,
  idle: { sockets: 50, subscriptionsPerSocket: 50 },
  append: { rounds: 3, appends: 1_000 },
};

/** Reads the command line; throws with a message for a person. `isCheck`: to end with 1 when an aim is missed. */
export function planOf(args: string[]): { plan: Plan; isCheck: boolean } {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      runs: { type: 'string' },
      only: { type: 'string' },
      servers: { type: 'string' },
      'short-ids': { type: 'boolean', default: false },
      profile: { type: 'string' },
      check: { type: 'boolean', default: false },
    },
  });
  const base = values.quick ? quickPlan : wholePlan;
  const servers = chosenFrom(
    '--servers',
    values.servers,
    contenders.map(({ key }) => key),
  );
  const plan = {
    ...base,
    runs: values.runs === undefined ? base.runs : wholeNumber('--runs', values.runs),
    parts: chosenFrom('--only', values.only, parts),
    servers: contenders.filter(({ key }) => servers.includes(key)),
    hasShortIds: values['short-ids'],
    profileDir: values.profile ?? null,
  };
  return { plan, isCheck: values.check };
}

function wholeNumber(option: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`${option} must be a whole number from 1 on.`);
}

function chosenFrom<T extends string>(option: string, list: string | undefined, all: readonly T[]): readonly T[] {
  if (list === undefined) return all;
  const chosen = list.split(',');
  const unknown = chosen.find((name) => !all.includes(name as T));
  if (unknown !== undefined) throw new Error(`${option} does not know "${unknown}". There are: ${all.join(', ')}.`);
  return all.filter((name) => chosen.includes(name));
}
