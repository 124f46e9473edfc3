import { quoteAround, type Clause, type SectionText } from './section-text.ts';

export type FindingKind = 'RISK' | 'GAP' | 'QUESTION' | 'SUGGESTION' | 'STRENGTH';
export type RiskLevel = 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';

/** A place in the section that a rule speaks of. */
export type Hit = {
  readonly clause: Clause;
  /** Characters of the section, exactly. */
  readonly quote: string;
  /** The words that made the rule speak. */
  readonly phrase: string;
  /** 0 to 1: how little else the clause says, and so how likely it is that the words mean what the rule takes them for. */
  readonly strength: number;
};

/** `{phrase}` in a text stands for the words of the first hit. */
export type Rule = {
  readonly id: string;
  readonly kind: FindingKind;
  readonly category: string;
  readonly risk: RiskLevel;
  /** Of a hit of middling strength; hits move it up and down. */
  readonly confidence: number;
  readonly title: string;
  readonly detail: string;
  readonly recommendation: string;
  readonly questions: readonly string[];
  /** Beginnings of words by which a playbook's check is known to be about the same thing. */
  readonly checkWords: readonly string[];
  readonly find: (section: SectionText) => readonly Hit[];
};

/** What a rule had to say of a section. */
export type Observation = { readonly rule: Rule; readonly hits: readonly Hit[]; readonly confidence: number };

/** A pattern as it is read: a space in it stands for any white space, also a line break, and case does not matter. */
export const pattern = (source: string): RegExp => new RegExp(source.replaceAll(' ', '\\s+'), 'iu');

type ClausePatterns = {
  readonly when: RegExp;
  /** A clause that has this too is left alone. */
  readonly unless?: RegExp;
  /** A clause must have this too. */
  readonly and?: RegExp;
};

/** Finds the clauses that a pattern matches, each once. */
export const inClauses =
  ({ when, unless, and }: ClausePatterns): Rule['find'] =>
  (section) =>
    section.clauses.flatMap((clause) => {
      const match = when.exec(clause.text);
      if (match === null || unless?.test(clause.text) === true || and?.test(clause.text) === false) return [];
      return [hitAt(clause, match.index, match.index + match[0].length)];
    });

export function hitAt(clause: Clause, start: number, end: number): Hit {
  const words = clause.text.split(/\s+/u).length;
  return {
    clause,
    quote: quoteAround(clause, start, end),
    phrase: shorten(clause.text.slice(start, end)),
    // Up to 20 words a clause says one thing; from 100 on it may say anything.
    strength: Math.min(1, Math.max(0, (100 - words) / 80)),
  };
}

const maxPhraseCharacters = 60;

/** On one line and not longer than a title bears. */
export function shorten(text: string, maxCharacters = maxPhraseCharacters): string {
  const line = text.trim().replaceAll(/\s+/gu, ' ');
  if (line.length <= maxCharacters) return line;
  const cut = line.slice(0, Math.max(line.lastIndexOf(' ', maxCharacters), maxCharacters / 2));
  // The first half of a character outside the basic plane is no character.
  return `${cut.replace(/[\ud800-\udbff]$/u, '')}…`;
}
