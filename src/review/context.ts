import { writeRows, type ContextRow, type WrittenRows } from './context-rows.ts';

/** What is known of a document around the section that is reviewed. All of it is data: document, models and reviewers wrote it. */
export type ReviewContext = {
  /** Sections around this one, in reading order, itself included. */
  readonly outline: readonly OutlineRow[];
  /** How many more sections there are before and behind those of `outline`. */
  readonly before: number;
  readonly behind: number;
  /** Up to two sections before and two behind, in reading order, as far as they are reviewed. */
  readonly neighbours: readonly NeighbourRow[];
  /** Newest first. */
  readonly decisions: readonly DecisionRow[];
  /** What the last completed review of this section found. */
  readonly earlier: readonly EarlierRow[];
};

export type OutlineRow = { title: string; level: number; state: string; risk: string };
export type NeighbourRow = { section: string; risk: string; summary: string };
export type DecisionRow = {
  section: string;
  title: string;
  category: string;
  risk: string;
  decision: string;
  note: string;
};
export type EarlierRow = { title: string; risk: string };

/** The state of the section that is reviewed, within the outline. */
export const thisSection = 'this section';

export type WrittenContext = { readonly text: string; readonly tokensSaved: number };

/** Of the whole context, and of each kind, however much room there is: more would cost more than it tells. */
export const mostContextTokens = 4_000;
const most = { earlier: 500, decisions: 1_500, neighbours: 1_000, outline: 1_000 } as const;

type Kept = { readonly written: WrittenRows | null; readonly kept: readonly ContextRow[] };

/**
 * Writes the context within `budgetTokens`. What does not fit is left out, the least telling first (the outline's far ends, then
 * neighbours, then old decisions), and the text says how much was. Nothing that comes from the document can close its fence.
 */
export function writeContext(context: ReviewContext, budgetTokens: number): WrittenContext {
  let left = Math.min(mostContextTokens, budgetTokens);
  let tokensSaved = 0;
  const keep = (rows: readonly ContextRow[], kind: keyof typeof most): Kept => {
    const result = asManyAsFit(rows, Math.min(most[kind], left));
    left -= result.written?.tokens ?? 0;
    tokensSaved += result.written?.tokensSaved ?? 0;
    return result;
  };
  const earlier = keep(context.earlier, 'earlier');
  const decisions = keep(context.decisions, 'decisions');
  const neighbours = keep(context.neighbours, 'neighbours');
  const outline = keep(nearestFirst(context.outline), 'outline');
  const blocks = [
    outlineBlock(context, outline),
    block('neighbours', 'What the reviews of the sections next to it came to', context.neighbours.length, neighbours),
    block('decisions', 'What reviewers decided on findings, newest first', context.decisions.length, decisions),
    block('earlier', 'What the last review of this section found', context.earlier.length, earlier),
  ];
  return { text: blocks.filter((text) => text !== '').join('\n'), tokensSaved };
}

/** The longest beginning that takes no more than `limitTokens`. */
function asManyAsFit(rows: readonly ContextRow[], limitTokens: number): Kept {
  let best: Kept = { written: null, kept: [] };
  let low = 1;
  let high = rows.length;
  while (low <= high) {
    const count = (low + high) >>> 1;
    const kept = rows.slice(0, count);
    const written = writeRows(kept);
    if (written.tokens <= limitTokens) {
      best = { written, kept };
      low = count + 1;
    } else high = count - 1;
  }
  return best;
}

function nearestFirst(outline: readonly OutlineRow[]): readonly OutlineRow[] {
  const at = outline.findIndex(({ state }) => state === thisSection);
  return outline
    .map((row, index) => ({ row, distance: Math.abs(index - at) }))
    .sort((a, b) => a.distance - b.distance)
    .map(({ row }) => row);
}

function outlineBlock(context: ReviewContext, { kept }: Kept): string {
  const rows = context.outline.filter((row) => kept.includes(row));
  const first = rows[0] === undefined ? 0 : context.outline.indexOf(rows[0]);
  const before = context.before + first;
  const behind = context.behind + context.outline.length - first - rows.length;
  const cut = before + behind === 0 ? '' : ` (${before} sections before and ${behind} behind these are left out)`;
  if (context.outline.length === 0) return '';
  if (rows.length === 0) return 'The outline of the document: left out for lack of room.';
  return fenced('outline', `The outline of the document${cut}`, writeRows(rows));
}

function block(tag: string, intro: string, total: number, { written, kept }: Kept): string {
  if (total === 0) return '';
  const out = total - kept.length;
  if (written === null) return `${intro}: ${out} left out for lack of room.`;
  return fenced(tag, out === 0 ? intro : `${intro} (${out} more are left out)`, written);
}

const fenced = (tag: string, intro: string, { text }: WrittenRows): string => `${intro}:\n<${tag}>\n${text}\n</${tag}>`;
