import { inClauses, pattern, type Rule } from './rule.ts';

/** What a clause of a contract gives away, and what it protects. */
const bothSides = pattern(
  String.raw`\b(?:either|each|both|any|neither) (?:part(?:y|ies)|side)|\bmutual(?:ly)?\b|\bthe parties may\b`,
);

export const contractRules: readonly Rule[] = [
  {
    id: 'unlimited-liability',
    kind: 'RISK',
    category: 'Liability',
    risk: 'CRITICAL',
    confidence: 0.87,
    title: 'Liability without a limit: “{phrase}”',
    detail:
      'The clause makes somebody answer without any upper limit (“{phrase}”). One incident can cost more than the whole contract brings.',
    recommendation: 'Agree a cap, such as the fees of the last 12 months, with exceptions named one by one.',
    questions: ['Which insurance covers this?', 'Which cap would be acceptable?'],
    checkWords: ['liab', 'cap', 'damages', 'indemn'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:unlimited liability|liability (?:\w+ ){0,6}?(?:is|shall be|will be|remains) (?:unlimited|without limit)|unlimited(?:ly)? liable|liable without (?:any )?limit\w*|without (?:any )?(?:limit|limitation|cap) (?:of|on|as to|to) (?:its |the |any )?liability|(?:no|not any) (?:limit|limitation|cap) (?:of|on|to) (?:its |the |any )?liability|liable for (?:any and all|all) (?:claims|losses|damages?|costs|expenses|liabilit\w+|injur\w+|consequences))\b`,
      ),
    }),
  },
  {
    id: 'liability-excluded',
    kind: 'RISK',
    category: 'Liability',
    risk: 'HIGH',
    confidence: 0.8,
    title: 'Liability excluded: “{phrase}”',
    detail:
      'The clause takes a side out of its liability (“{phrase}”). What goes wrong there stays with whoever suffers it.',
    recommendation: 'Exclude kinds of damage for both sides alike, never intent, gross negligence or injury.',
    questions: ['Does the exclusion hold for both sides?', 'What remains when it applies?'],
    checkWords: ['liab', 'exclu', 'damages', 'warrant'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:(?:in )?no event (?:shall|will) (?:\w+ ){1,6}?(?:be )?liable|(?:shall|will) not be (?:held )?(?:liable|responsible)|disclaims? (?:any|all) (?:liability|warrant\w+)|excludes? (?:any|all) liability|as is)\b`,
      ),
      unless: bothSides,
    }),
  },
  {
    id: 'broad-indemnity',
    kind: 'RISK',
    category: 'Indemnity',
    risk: 'HIGH',
    confidence: 0.84,
    title: 'Broad indemnity: “{phrase}”',
    detail: 'The indemnity covers “{phrase}”, whatever caused it and however large it is.',
    recommendation:
      'Tie it to named causes, to third-party claims and to fault, and put it under the cap on liability.',
    questions: ['Which claims are really meant?', 'Does the indemnity fall under the cap?'],
    checkWords: ['indemn', 'liab', 'claim'],
    find: inClauses({
      when: pattern(
        String.raw`\bindemnif(?:y|ies)\b[^.;]{0,220}?\b(?:any and all|all|any) (?:third[- ]party )?(?:claims?|losses|loss|damages|liabilit\w+|costs?|expenses|actions)\b`,
      ),
    }),
  },
  {
    id: 'one-sided-termination',
    kind: 'RISK',
    category: 'Termination',
    risk: 'HIGH',
    confidence: 0.83,
    title: 'One side alone can end it: “{phrase}”',
    detail: 'One party can walk away (“{phrase}”), and the clause gives the other no such right.',
    recommendation: 'Give both sides the right, or agree a notice period and payment for what was done until then.',
    questions: ['May the other side terminate as well?', 'What is paid for work begun?'],
    checkWords: ['terminat', 'exit', 'notice', 'balance'],
    find: inClauses({
      when: pattern(
        String.raw`\b\w+ (?:may|shall (?:have|be entitled)|is entitled|has|reserves|can)(?: the right)?(?: to)? (?:immediately )?(?:terminate|cancel|end) [^.;]{0,120}?(?:at any time|for (?:its )?convenience|without (?:cause|reason|notice)|for any reason|(?:in |at )?its sole (?:and absolute )?discretion|with immediate effect|immediately)\b`,
      ),
      unless: bothSides,
    }),
  },
  {
    id: 'sole-discretion',
    kind: 'RISK',
    category: 'Balance',
    risk: 'MEDIUM',
    confidence: 0.79,
    title: 'Decided by one side alone: “{phrase}”',
    detail: '“{phrase}” lets one side decide without giving a reason, and without the other being heard.',
    recommendation: 'Name the grounds for the decision, or require that it be reasonable and in writing.',
    questions: ['On what grounds may this be decided?'],
    checkWords: ['discretion', 'balance', 'unilateral', 'fair', 'control'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:(?:in|at) (?:its|their|his|her|the \w+'s) (?:sole|absolute|own|sole and absolute) (?:discretion|option|judg?ement)|as it (?:sees|deems) (?:fit|appropriate|necessary))`,
      ),
    }),
  },
  {
    id: 'unilateral-change',
    kind: 'RISK',
    category: 'Changes',
    risk: 'HIGH',
    confidence: 0.85,
    title: 'Terms can change without consent: “{phrase}”',
    detail: 'One side may change what was agreed (“{phrase}”). The other learns of it at best.',
    recommendation: 'Require consent in writing, or notice of 30 days with a right to leave.',
    questions: ['What may be changed, and what never?'],
    checkWords: ['change', 'amend', 'unilateral', 'consent'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:may|reserves? the right to|is entitled to) (?:amend|modify|change|revise|update|vary|adjust|suspend) [^.;]{0,100}?(?:at any time|without (?:prior )?(?:notice|consent|approval)|at its (?:sole )?discretion|unilaterally)\b`,
      ),
      unless: bothSides,
    }),
  },
  {
    id: 'auto-renewal',
    kind: 'RISK',
    category: 'Term',
    risk: 'MEDIUM',
    confidence: 0.88,
    title: 'Renews by itself: “{phrase}”',
    detail: 'The term goes on unless somebody remembers to stop it (“{phrase}”).',
    recommendation: 'Renew by consent only, or note the last day for notice and who watches it.',
    questions: ['By when must notice be given?', 'Who keeps that date?'],
    checkWords: ['renew', 'term', 'notice', 'expir'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:automatic(?:ally)? (?:renew\w*|extend\w*|prolong\w*)|(?:renew\w*|extend\w*) automatically|auto-?renew\w*|(?:renew\w*|extend\w*) for (?:\w+ ){0,3}?(?:successive|additional|further) )`,
      ),
    }),
  },
  {
    id: 'governing-law-unclear',
    kind: 'GAP',
    category: 'Governing law',
    risk: 'MEDIUM',
    confidence: 0.76,
    title: 'Which law and which court is left open: “{phrase}”',
    detail: 'The clause speaks of “{phrase}” and names neither the law of a country or state nor a place.',
    recommendation: 'Name the law, the court or the arbitration rules, and the place.',
    questions: ['Under which law is this to be read?', 'Where are disputes decided?'],
    checkWords: ['law', 'jurisdiction', 'dispute', 'court', 'arbitrat'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:governed by (?:the )?(?:applicable|relevant|local|appropriate) laws?|courts? of competent jurisdiction|(?:the )?competent courts?|disputes? (?:\w+ ){0,6}?(?:shall|will) be (?:settled|resolved|referred|submitted)|(?:binding|final) arbitration)\b`,
      ),
      unless: pattern(
        String.raw`\b(?:laws? of (?:the )?(?:state|commonwealth|republic|kingdom|province|england|\w+land)|state of|courts? (?:of|in|located in) (?!competent)\w+|new york|delaware|california|england|germany|japan)\b`,
      ),
    }),
  },
  {
    id: 'assignment-without-consent',
    kind: 'RISK',
    category: 'Assignment',
    risk: 'MEDIUM',
    confidence: 0.8,
    title: 'Can be passed on without asking: “{phrase}”',
    detail: 'The contract or its rights may go to somebody else (“{phrase}”), who then is the other side.',
    recommendation: 'Require consent in writing, with named exceptions such as affiliates.',
    questions: ['To whom may it be passed on?', 'Who is liable afterwards?'],
    checkWords: ['assign', 'subcontract', 'transfer', 'consent'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:may|can|is free to|shall have the right to) (?:freely )?(?:assign|transfer|delegate|subcontract|sub-?license)\b[^.;]{0,80}`,
      ),
      unless: pattern(
        String.raw`\b(?:(?<!without )(?:the )?(?:prior )?written consent of|neither|may not|shall not)\b`,
      ),
    }),
  },
  {
    id: 'perpetual-grant',
    kind: 'RISK',
    category: 'Intellectual property',
    risk: 'MEDIUM',
    confidence: 0.81,
    title: 'Given for ever: “{phrase}”',
    detail: '“{phrase}” outlives the contract and the reasons for it; it cannot be called back.',
    recommendation: 'Limit it to the term and the purpose, or say what ends it.',
    questions: ['Why must it outlast the contract?'],
    checkWords: ['licen', 'intellectual', 'ip', 'perpetu', 'right'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:perpetual(?:ly)?|in perpetuity|irrevocabl[ey](?! committed)|for an unlimited (?:time|period)|(?:assigns?|transfers?) (?:to \w+ )?all (?:of its )?rights?, title,? and interests?)\b`,
      ),
    }),
  },
  {
    id: 'exclusivity',
    kind: 'RISK',
    category: 'Exclusivity',
    risk: 'MEDIUM',
    confidence: 0.72,
    title: 'Closes other doors: “{phrase}”',
    detail: 'The clause binds to one partner or keeps out of a market (“{phrase}”).',
    recommendation: 'Limit it in time, place and product, and tie it to something in return.',
    questions: ['What is given in return?', 'When does it end?'],
    checkWords: ['exclusiv', 'compet', 'restrict'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:(?:an |sole and )?exclusive (?:\([^)]{0,80}\) )?(?:licen[cs]e|right|supplier|provider|partner|distributor)|non-?compet\w+|shall not (?:\w+ ){0,3}?compete|exclusively (?:from|to|with))\b`,
      ),
    }),
  },
  {
    id: 'penalty',
    kind: 'RISK',
    category: 'Payment',
    risk: 'MEDIUM',
    confidence: 0.75,
    title: 'Costs that grow with delay: “{phrase}”',
    detail: 'The clause puts a price on lateness or breach (“{phrase}”).',
    recommendation: 'Cap it, and begin it only after notice and a few days to put things right.',
    questions: ['What is the most that can fall due?'],
    checkWords: ['penalt', 'payment', 'damages', 'fee', 'interest'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:liquidated damages|contractual penalt\w+|penalt(?:y|ies)|late fees?|default interest|interest (?:at|of) )`,
      ),
      unless: pattern(String.raw`\btax(?:es)?\b`),
    }),
  },
  {
    id: 'liability-cap',
    kind: 'STRENGTH',
    category: 'Liability',
    risk: 'LOW',
    confidence: 0.82,
    title: 'Liability has a limit: “{phrase}”',
    detail:
      'The clause puts an upper limit on what can be claimed (“{phrase}”), so that the worst case can be reckoned.',
    recommendation: 'Keep it, and check that no other clause lifts it.',
    questions: ['Which exceptions lift the limit?'],
    checkWords: ['liab', 'cap'],
    find: inClauses({
      when: pattern(
        String.raw`\bliabilit(?:y|ies)\b[^.;]{0,120}?\b(?:shall not exceed|will not exceed|is limited to|are limited to|shall be limited to|capped at)\b`,
      ),
    }),
  },
];
