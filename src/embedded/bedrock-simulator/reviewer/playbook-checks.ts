import type { Rule } from './rule.ts';

/** A check of the playbook as it stands in the prompt: its reference, such as PRIV-2, and what follows on its line. */
export type PromptCheck = { readonly ref: string; readonly text: string };

/** A reference at the beginning of a line, in a list or in a row of a table. */
const checkLine = /^[ \t\-*•|[("]*([A-Z][A-Z0-9]{1,11}-\d{1,3})[\])"]*[ \t:.,|–-]+(\S[^\n]*)$/gmu;

export const readChecks = (prompt: string): PromptCheck[] =>
  [...prompt.matchAll(checkLine)].flatMap(([, ref, text]) => (ref && text ? [{ ref, text: text.toLowerCase() }] : []));

const maxChecks = 2;

/** The checks that are about what a rule looks for, those first that share most words with it; none where none does. */
export function checksFor(rule: Rule, checks: readonly PromptCheck[]): string[] {
  return checks
    .map(({ ref, text }) => ({ ref, shared: rule.checkWords.filter((word) => text.includes(word)).length }))
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared)
    .slice(0, maxChecks)
    .map(({ ref }) => ref);
}
