import { shorten, type Observation } from './rule.ts';
import type { Clause, SectionText } from './section-text.ts';

/** What the simulator says while it reads: the clauses of this very section, in their order, and what each made it notice. */
const maxClauses = 10;
const snippetCharacters = 80;

export function thinkAloud(section: SectionText, observations: readonly Observation[], keptCount: number): string {
  const { clauses, heading, text } = section;
  const opening = [
    `Simulated thinking: I go by rules, not by judgement. ${heading === null ? 'This section has no heading of its own' : `The section is headed “${shorten(heading)}”`}; clauses: ${clauses.length}, characters: ${text.length}.`,
  ];
  const first = clauses[0];
  if (first === undefined) return `${opening.join('')} There is no clause to read in it.`;
  const read = chooseClauses(clauses, observations);
  const steps = read.map((clause) => remark(clause, clauses.indexOf(clause) + 1, observations));
  const rest = clauses.length - read.length;
  const closing = [
    rest > 0 ? `I read the rest too (${rest}); nothing of another kind is in it.` : [],
    weigh(observations, keptCount),
  ].flat();
  return [...opening, ...steps, ...closing].join('\n');
}

/** Those that something was noticed about, filled up with the first ones, in the order of the text. */
function chooseClauses(clauses: readonly Clause[], observations: readonly Observation[]): Clause[] {
  const noticed = observations.flatMap(({ hits }) => hits.slice(0, 2).map((hit) => hit.clause));
  const chosen = new Set([...noticed, ...clauses.slice(0, 3)].slice(0, maxClauses));
  return clauses.filter((clause) => chosen.has(clause));
}

function remark(clause: Clause, number: number, observations: readonly Observation[]): string {
  const place = `Clause ${number} reads “${shorten(clause.text, snippetCharacters)}”.`;
  const notes = observations.flatMap(({ rule, hits }) => {
    const hit = hits.find((candidate) => candidate.clause === clause);
    return hit === undefined ? [] : [`“${hit.phrase}” – ${rule.category.toLowerCase()}, ${rule.risk}`];
  });
  return notes.length === 0
    ? `${place} Nothing in it that I have a rule for.`
    : `${place} I notice: ${notes.join('; ')}.`;
}

function weigh(observations: readonly Observation[], keptCount: number): string {
  const strongest = observations[0];
  if (strongest === undefined) return 'So there is nothing to object to.';
  const dropped = observations.length - keptCount;
  const kept =
    dropped > 0 ? `I keep the ${keptCount} strongest of ${observations.length} points` : `I keep all ${keptCount}`;
  return `${kept}. ${strongest.rule.category} comes first: ${strongest.rule.risk}, confidence ${strongest.confidence}.`;
}
