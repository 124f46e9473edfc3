import { inClauses, pattern, type Rule } from './rule.ts';

/** Who does what, by when, and how firmly. */
const duty = '(?:shall|must|will|is to|are to|should|(?:is|are) required to)';
const timeWords = pattern(
  String.raw`\b(?:within|no later than|not later than|before|after|upon|prior to|until|during|immediately|promptly|daily|weekly|monthly|quarterly|annual\w*|yearly|each|every|hours?|days?|weeks?|months?|years?|dates?|deadline|when|once|as soon as|in due course|timely|\d{4}|\d{1,2}[./]\d{1,2}|(?:no|neither) \w+ ${duty})\b`,
);

export const obligationRules: readonly Rule[] = [
  {
    id: 'obligation-without-owner',
    kind: 'GAP',
    category: 'Responsibility',
    risk: 'MEDIUM',
    confidence: 0.78,
    title: 'Nobody is named who has to do it: “{phrase}”',
    detail:
      'The clause says “{phrase}” in the passive, so that the duty falls on nobody in particular and each side can point at the other.',
    recommendation: 'Name the party, the role or the person who has to act.',
    questions: ['Who has to do this?', 'Who notices when it is not done?'],
    checkWords: ['responsib', 'owner', 'obligation', 'account', 'role'],
    find: inClauses({
      when: pattern(
        String.raw`\b${duty} (?:also |then |only |always )?be (?:\w+ly )?(?!deemed|entitled|governed|construed|interpreted|considered|permitted|bound|limited|required|defined|named|based|adjusted|understood)(?:\w{2,}ed|made|given|sent|kept|paid|held|done|taken|set|put|written|shown|borne|brought)\b`,
      ),
      unless: pattern(
        String.raw`\bby (?:the |either |each |both |such |its |an? )?(?!(?:end|date|close|\d|january|february|march|april|may|june|july|august|september|october|november|december|written|applicable|law|means|reference|giving|way)\b)\w+`,
      ),
    }),
  },
  {
    id: 'duty-without-date',
    kind: 'GAP',
    category: 'Deadlines',
    risk: 'MEDIUM',
    confidence: 0.74,
    title: 'No date for “{phrase}”',
    detail: 'Something is owed (“{phrase}”), but the clause does not say by when, so that it can never be late.',
    recommendation: 'Add a date, or a number of days from an event that both sides can see.',
    questions: ['By when is this due?', 'What follows if it comes late?'],
    checkWords: ['deadline', 'date', 'time', 'timing', 'deliver', 'schedule'],
    find: inClauses({
      when: pattern(
        String.raw`\b${duty} (?:\w+ ){0,2}?(?:deliver|provide|submit|notify|pay|report|return|complete|send|inform|remedy|correct|repair|review|appoint|inspect|supply|publish|implement)\b`,
      ),
      unless: timeWords,
    }),
  },
  {
    id: 'vague-deadline',
    kind: 'RISK',
    category: 'Deadlines',
    risk: 'MEDIUM',
    confidence: 0.84,
    title: 'Deadline that nobody can miss: “{phrase}”',
    detail: '“{phrase}” is no point in time. Two readers will expect different days, and neither can prove a delay.',
    recommendation: 'Replace “{phrase}” by a number of days or a date.',
    questions: ['How many days are meant at most?'],
    checkWords: ['deadline', 'date', 'time', 'timing', 'vague', 'ambig'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:promptly|as soon as (?:reasonably )?(?:possible|practicable)|asap|in due course|in a timely (?:manner|fashion)|without undue delay|shortly|soon|at the earliest opportunity|within an? reasonable (?:time|period)|for a reasonable (?:time|period)|a reasonable period of time|in the near future|at a later (?:date|time|stage)|when convenient)\b`,
      ),
    }),
  },
  {
    id: 'weak-effort',
    kind: 'RISK',
    category: 'Commitment',
    risk: 'MEDIUM',
    confidence: 0.82,
    title: 'Effort promised, not result: “{phrase}”',
    detail:
      '“{phrase}” promises trying. Nothing says how much trying is enough, so that a failure is hard to hold against anybody.',
    recommendation: 'State the result that is owed, or what the effort consists of and how it is shown.',
    questions: ['Which result is owed?', 'How is it shown that enough was done?'],
    checkWords: ['commit', 'effort', 'obligation', 'vague', 'ambig', 'enforce'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:endeavou?rs?(?: to)?|(?:best|reasonable|commercially reasonable|diligent|good faith) efforts|(?:will|shall|must) (?:try|aim|seek|attempt|strive|intend) to|(?:tries|aims|seeks|intends) to|where(?:ver)? (?:possible|practicable|feasible)|to the extent (?:possible|practicable))\b`,
      ),
    }),
  },
  {
    id: 'may-where-must',
    kind: 'SUGGESTION',
    category: 'Commitment',
    risk: 'LOW',
    confidence: 0.6,
    title: 'Left open whether it happens: “{phrase}”',
    detail: '“{phrase}” allows something without requiring it. If it is meant to happen, the word does not say so.',
    recommendation: 'Write “must” or “shall” where it is a duty, and say who decides where it is a choice.',
    questions: ['Is this a duty or a choice, and whose?'],
    checkWords: ['commit', 'vague', 'ambig', 'obligation', 'clarity'],
    find: inClauses({
      when: pattern(String.raw`\b\w+ (?:may|might|could|can) (?:be |also )?(?!not\b|terminate|be\b)\w+`),
      unless: pattern(String.raw`\b(?:terminate|discretion|amend|modify|may not|assign|as may be|such \w+ as)\b`),
    }),
  },
  {
    id: 'decision-without-decider',
    kind: 'GAP',
    category: 'Decisions',
    risk: 'MEDIUM',
    confidence: 0.86,
    title: 'Decision without a decision-maker: “{phrase}”',
    detail: 'The text reports “{phrase}”, but not by whom, so that the decision cannot be checked or taken back.',
    recommendation: 'Say who decided, when, and where that is recorded.',
    questions: ['Who decided this, and when?', 'Where is the decision recorded?'],
    checkWords: ['decision', 'approv', 'account', 'evidence', 'record', 'owner'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:it (?:was|has been|is) (?:decided|agreed|concluded|determined|felt|understood|considered|assumed|accepted)|(?:was|were|has been|have been) (?:approved|authori[sz]ed|signed off|rejected|waived|escalated))\b`,
      ),
      unless: pattern(String.raw`\bby (?!email|phone|mail|\d)\w+`),
    }),
  },
  {
    id: 'agreement-to-agree',
    kind: 'RISK',
    category: 'Commitment',
    risk: 'MEDIUM',
    confidence: 0.8,
    title: 'Left to a later agreement: “{phrase}”',
    detail: 'The point is put off (“{phrase}”). If the later agreement never comes, nothing binds anybody here.',
    recommendation: 'Settle the point now, or say what holds as long as nothing is agreed.',
    questions: ['What holds until it is agreed?', 'Who breaks a deadlock?'],
    checkWords: ['commit', 'agree', 'certain', 'vague', 'enforce'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:to be (?:mutually )?agreed(?: (?:upon|by|between))?|as (?:may be )?(?:mutually )?(?:agreed|determined) (?:by|between) the parties|mutually (?:agreeable|acceptable)|agree to (?:negotiate|discuss)|negotiate in good faith)\b`,
      ),
      unless: pattern(String.raw`\bunless (?:otherwise )?(?:mutually )?agreed\b`),
    }),
  },
  {
    id: 'vague-measure',
    kind: 'SUGGESTION',
    category: 'Clarity',
    risk: 'LOW',
    confidence: 0.66,
    title: 'Measure that nobody can check: “{phrase}”',
    detail: '“{phrase}” can mean anything between nothing and everything; whether it was met is a matter of opinion.',
    recommendation: 'Give a number, a standard or an example against which it can be checked.',
    questions: ['How would a third person check this?'],
    checkWords: ['vague', 'ambig', 'clarity', 'measur', 'specific'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:(?:appropriate|adequate|sufficient|suitable|reasonable|satisfactory|significant|substantial|necessary) (?:measures|steps|care|support|resources|notice|level|action|amount|number|security|safeguards|quality|training|details?|manner|assurance|way)|as (?:needed|necessary|appropriate|required)|from time to time|on a regular basis|regularly|a number of|several|various|user-friendly|state of the art|industry standard)\b`,
      ),
    }),
  },
];
