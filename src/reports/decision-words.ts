import { formatTime } from './figures.ts';
import type { CarriedOver, ReportDecision, ReportFinding } from './report-content.ts';

export const statusLabels: Readonly<Record<ReportFinding['status'], string>> = {
  PENDING: 'Not decided',
  ACCEPTED: 'Accepted',
  REJECTED: 'Rejected',
};

/** What somebody did to a finding, where it is told as history. */
export const decisionLabels: Readonly<Record<ReportDecision['status'], string>> = {
  ...statusLabels,
  PENDING: 'Decision taken back',
};

/** When it was decided; of a decision carried over from who knows when, the time of that. */
export const decidedAt = ({ at, carriedOver }: ReportDecision): Date => carriedOver?.decidedAt ?? at;

/** One entry of a finding's history, without the note. */
export function decisionLine(decision: ReportDecision, write = formatTime): string {
  const { at, actor, status, carriedOver } = decision;
  const decided = `${decisionLabels[status]} by ${actor}`;
  if (carriedOver === null) return `${write(at)}: ${decided}`;
  // The time of a re-run is not when somebody decided.
  const dated = carriedOver.decidedAt === null ? decided : `${write(carriedOver.decidedAt)}: ${decided}`;
  return `${dated}. ${carriedLine(at, carriedOver, write)}`;
}

/** That a decision was not made on the finding that has it. */
export function carriedLine(at: Date, { from }: CarriedOver, write = formatTime): string {
  const source = from === 'EARLIER_ANALYSIS' ? 'the analysis before' : 'the same finding in another place';
  return `Carried over from ${source} on ${write(at)}`;
}
