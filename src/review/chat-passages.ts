import { textTokens } from './chat-history.ts';
import { fenceSection } from './fence.ts';

/** A stretch of the document that an answer may draw on. */
export type ChatPassage = {
  readonly sectionId: string;
  /** Of the section, in reading order from 0. */
  readonly ordinal: number;
  /** Place within the section, from 0, of so many. */
  readonly part: number;
  readonly parts: number;
  /** Passages of all that was to choose from. */
  readonly total: number;
  readonly text: string;
};

/** Sections that the question was narrowed to, by their places in the document from 0; null: the whole document. */
export type Chosen = readonly number[] | null;

/** The best passages that fit into `maxTokens` together, in reading order. */
export function fittingPassages(bestFirst: readonly ChatPassage[], maxTokens: number): ChatPassage[] {
  let left = maxTokens;
  const fitting = bestFirst.filter(({ text }) => {
    const tokens = textTokens(text);
    if (tokens > left) return false;
    left -= tokens;
    return true;
  });
  return fitting.sort((a, b) => a.ordinal - b.ordinal || a.part - b.part);
}

/** Passages as they stand in a prompt, those that follow each other in one piece, and what was left out. */
export function describePassages(inOrder: readonly ChatPassage[], chosen: Chosen): string {
  const stretches = joinNeighbours(inOrder).map(
    ({ first, last, text }) => `Section ${placeOf(first, last.part)}:\n${fenceSection(first.sectionId, text)}`,
  );
  return [...stretches, leftOut(inOrder, chosen)].join('\n\n');
}

type Stretch = { readonly first: ChatPassage; readonly last: ChatPassage; readonly text: string };

function joinNeighbours(inOrder: readonly ChatPassage[]): Stretch[] {
  const stretches: Stretch[] = [];
  for (const passage of inOrder) {
    const before = stretches.at(-1);
    const isNext = before?.last.sectionId === passage.sectionId && before.last.part + 1 === passage.part;
    if (before && isNext) {
      stretches[stretches.length - 1] = { first: before.first, last: passage, text: before.text + passage.text };
    } else stretches.push({ first: passage, last: passage, text: passage.text });
  }
  return stretches;
}

const placeOf = ({ ordinal, part, parts }: ChatPassage, lastPart: number): string =>
  parts === 1 ? `${ordinal + 1}` : `${ordinal + 1}, ${range(part, lastPart)} of ${parts}`;

const range = (from: number, to: number): string =>
  from === to ? `part ${from + 1}` : `parts ${from + 1} to ${to + 1}`;

function leftOut(given: readonly ChatPassage[], chosen: Chosen): string {
  const [any] = given;
  if (!any) return 'The document has no text that could be given here.';
  const whole = chosen ? 'the sections that were chosen' : 'the document';
  if (given.length === any.total) return `This is all of ${whole}.`;
  const some = `These are ${given.length} of the ${any.total} passages of ${whole}, those that fit the question best. You have not seen the others.`;
  return chosen ? `${some} Left out: ${missingOf(given, chosen).join('; ')}.` : some;
}

function missingOf(given: readonly ChatPassage[], chosen: readonly number[]): string[] {
  return chosen.flatMap((ordinal) => {
    const own = given.filter((passage) => passage.ordinal === ordinal);
    const [any] = own;
    if (!any) return [`all of section ${ordinal + 1}`];
    const has = new Set(own.map(({ part }) => part));
    const missing = Array.from({ length: any.parts }, (_, part) => part).filter((part) => !has.has(part));
    return missing.length === 0
      ? []
      : [`of section ${ordinal + 1} the parts ${missing.map((part) => part + 1).join(', ')}`];
  });
}
