import { checksFor, type PromptCheck } from './playbook-checks.ts';
import { shorten, type FindingKind, type Hit, type Observation, type RiskLevel, type Rule } from './rule.ts';
import { contractRules } from './rules-contract.ts';
import { factRules } from './rules-facts.ts';
import { obligationRules } from './rules-obligations.ts';
import { readSection, type SectionText } from './section-text.ts';
import { thinkAloud } from './think-aloud.ts';

/**
 * A review by rules over the actual text: honest about what it is, and the same for the same section. One finding for each rule that
 * speaks, with up to three of its places quoted verbatim; the strongest findings first.
 */
export type Finding = {
  readonly type: 'finding';
  readonly kind: FindingKind;
  readonly category: string;
  readonly risk: RiskLevel;
  readonly title: string;
  readonly detail: string;
  readonly recommendation: string;
  readonly questions: readonly string[];
  readonly evidence: readonly string[];
  readonly checks: readonly string[];
  readonly confidence: number;
};

export type Summary = {
  readonly type: 'summary';
  readonly risk: RiskLevel;
  readonly summary: string;
  readonly confidence: number;
};

export type Review = { readonly thinking: string; readonly findings: readonly Finding[]; readonly summary: Summary };

export const reviewRules: readonly Rule[] = [...factRules, ...contractRules, ...obligationRules];

const riskOrder: readonly RiskLevel[] = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'];
const maxFindings = 8;
const maxQuotes = 3;

export function reviewSection(text: string, checks: readonly PromptCheck[]): Review {
  const section = readSection(text);
  const observations = observe(section);
  const kept = observations.slice(0, maxFindings);
  return {
    thinking: thinkAloud(section, observations, kept.length),
    findings: kept.map((observation) => toFinding(observation, checks)),
    summary: summarise(section, kept),
  };
}

/** Strongest first. */
function observe(section: SectionText): Observation[] {
  return reviewRules
    .flatMap((rule) => {
      const hits = rule.find(section);
      return hits.length === 0 ? [] : [{ rule, hits, confidence: confidenceOf(rule, hits) }];
    })
    .sort(
      (a, b) =>
        riskOrder.indexOf(a.rule.risk) - riskOrder.indexOf(b.rule.risk) ||
        b.confidence - a.confidence ||
        a.rule.id.localeCompare(b.rule.id),
    );
}

/** The rule's own, moved by up to 0.08 for how plainly the clauses say it and by up to 0.06 for how many do. */
function confidenceOf(rule: Rule, hits: readonly Hit[]): number {
  const strength = hits.reduce((sum, hit) => sum + hit.strength, 0) / hits.length;
  const repeated = 0.03 * (Math.min(hits.length, maxQuotes) - 1);
  return Math.round(Math.min(0.98, rule.confidence + 0.16 * (strength - 0.5) + repeated) * 100) / 100;
}

function toFinding({ rule, hits, confidence }: Observation, checks: readonly PromptCheck[]): Finding {
  const fill = (template: string): string => template.replaceAll('{phrase}', () => hits[0]?.phrase ?? '');
  const evidence = [...new Set(hits.map((hit) => hit.quote))];
  const more = evidence.length - maxQuotes;
  const others = more > 0 ? ` ${more} more of the kind ${more === 1 ? 'is' : 'are'} in this section.` : '';
  return {
    type: 'finding',
    kind: rule.kind,
    category: rule.category,
    risk: rule.risk,
    title: fill(rule.title),
    detail: `${fill(rule.detail)}${others} (Simulated review: rule “${rule.id}”.)`,
    recommendation: fill(rule.recommendation),
    questions: rule.questions.map(fill),
    evidence: evidence.slice(0, maxQuotes),
    checks: checksFor(rule, checks),
    confidence,
  };
}

function summarise(section: SectionText, kept: readonly Observation[]): Summary {
  const name = section.heading === null ? 'this section' : `“${shorten(section.heading)}”`;
  const problems = kept.filter(({ rule }) => rule.kind !== 'STRENGTH');
  const gravest = problems[0];
  const read = `rules read ${count(section.clauses.length, 'clause')} of ${name}`;
  if (gravest === undefined) {
    return {
      type: 'summary',
      risk: 'LOW',
      summary: `Simulated review: ${read} and found nothing to object to.`,
      // Little text gives rules little to go by.
      confidence: section.clauses.length >= 3 ? 0.75 : 0.6,
    };
  }
  const categories = [...new Set(problems.map(({ rule }) => rule.category.toLowerCase()))].slice(0, 4).join(', ');
  const mean = kept.reduce((sum, { confidence }) => sum + confidence, 0) / kept.length;
  return {
    type: 'summary',
    risk: gravest.rule.risk,
    summary: `Simulated review: ${read} and found ${count(problems.length, 'point')}, on ${categories}. The gravest: ${gravest.rule.title.replaceAll('{phrase}', () => gravest.hits[0]?.phrase ?? '')}.`,
    confidence: Math.round(mean * 100) / 100,
  };
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
