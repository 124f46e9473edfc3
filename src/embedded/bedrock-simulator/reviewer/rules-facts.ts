import { findDateConflicts } from './date-order.ts';
import { findNumberConflicts } from './number-conflicts.ts';
import { inClauses, pattern, type Rule } from './rule.ts';
import { findUndefinedTerms } from './undefined-terms.ts';

/** Whether the text is complete, agrees with itself, and says what it rests on. */
const personalData = pattern(
  String.raw`\b(?:personal (?:data|information|details)|personally identifiable|e-?mail addresses|home addresses|phone numbers|dates? of birth|social security numbers?|passport (?:numbers?|copies)|health (?:data|records)|medical records|biometric|customer records|employee records|CVs)\b`,
);
const ending = pattern(String.raw`\b(?:retain\w*|retention|delet\w+|erase\w*|destroy\w*|anonymi[sz]\w+|kept for)\b`);
const incident = pattern(
  String.raw`\b(?:incident|outage|accident|breach of security|data breach|security breach|malfunction|crashed?|near miss|non-?conformity|failed inspection|injured|leaked)\b`,
);
const cause = pattern(
  String.raw`\b(?:root cause|caused by|because|due to|as a result of|the reason|resulted from|attributed to|cause of|stemmed from)\b`,
);
const currency = pattern(
  String.raw`[$€£¥₹]|\b(?:USD|EUR|GBP|CHF|JPY|CAD|AUD|INR|dollars?|euros?|pounds?|francs?|yen)\b|%|\bpercent\b`,
);

export const factRules: readonly Rule[] = [
  {
    id: 'placeholder',
    kind: 'GAP',
    category: 'Completeness',
    risk: 'HIGH',
    confidence: 0.93,
    title: 'Left blank: “{phrase}”',
    detail:
      '“{phrase}” stands where something should be. Whoever signs or follows this text does not know what it will say.',
    recommendation: 'Fill it in, or strike the clause.',
    questions: ['What belongs here, and who knows it?'],
    checkWords: ['complete', 'blank', 'placeholder', 'missing', 'draft'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:TBD|TBC|TBA|XXX+|lorem ipsum)\b|\bto be (?:determined|defined|confirmed|completed|decided|announced|specified)\b|\[\s*(?:\*\s*)+\]|\[\s*(?:insert|enter|name|date|amount|address|company|tbd|●|\.{2,}|_+)[^\]]{0,60}\]|_{4,}|\?{2,}`,
      ),
    }),
  },
  {
    id: 'number-conflict',
    kind: 'RISK',
    category: 'Consistency',
    risk: 'HIGH',
    confidence: 0.94,
    title: 'Words and digits disagree: “{phrase}”',
    detail: 'The same number is written twice and differently (“{phrase}”). Which of them counts is a dispute waiting.',
    recommendation: 'Correct the wrong one, or write the number once.',
    questions: ['Which of the two numbers is meant?'],
    checkWords: ['consisten', 'number', 'amount', 'conflict', 'accura'],
    find: findNumberConflicts,
  },
  {
    id: 'date-conflict',
    kind: 'RISK',
    category: 'Consistency',
    risk: 'HIGH',
    confidence: 0.88,
    title: 'Date that does not fit the others: “{phrase}”',
    detail: '“{phrase}” lies before the beginning of the period to which this section belongs.',
    recommendation: 'Check the year, and correct one of the dates.',
    questions: ['Which date is right?'],
    checkWords: ['consisten', 'date', 'conflict', 'accura', 'timeline'],
    find: findDateConflicts,
  },
  {
    id: 'absolute-promise',
    kind: 'RISK',
    category: 'Commitment',
    risk: 'MEDIUM',
    confidence: 0.77,
    title: 'Promise without exception: “{phrase}”',
    detail: '“{phrase}” admits no exception. A single failure breaks it, whoever is to blame.',
    recommendation: 'State a level that can be kept, and what holds when it is missed.',
    questions: ['Can this be kept every time?', 'What follows when it is not?'],
    checkWords: ['warrant', 'promise', 'commit', 'absolut', 'guarant'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:guarantee(?:s|d)?|always|never|(?:in|under) (?:all|any) circumstances|error-free|uninterrupted|100\s?%|zero (?:defects|downtime|risk)|at all times|in every case|completely secure)(?!\w)`,
      ),
      unless: pattern(String.raw`\b(?:not|no|never) guarantee`),
    }),
  },
  {
    id: 'personal-data-purpose',
    kind: 'GAP',
    category: 'Privacy',
    risk: 'HIGH',
    confidence: 0.81,
    title: 'Personal data without a purpose: “{phrase}”',
    detail: 'The clause speaks of “{phrase}” and does not say what they are used for.',
    recommendation: 'Name the purpose and the legal ground, and take no more data than that needs.',
    questions: ['What are the data needed for?', 'Who may see them?'],
    checkWords: ['priv', 'personal', 'data', 'gdpr', 'purpose'],
    find: inClauses({
      when: personalData,
      unless: pattern(
        String.raw`\b(?:purposes?|in order to|so that|solely (?:to|for)|only (?:to|for)|for the (?:provision|performance))\b`,
      ),
    }),
  },
  {
    id: 'personal-data-retention',
    kind: 'GAP',
    category: 'Privacy',
    risk: 'MEDIUM',
    confidence: 0.76,
    title: 'Personal data without an end: “{phrase}”',
    detail: 'Nothing says how long “{phrase}” are kept or when they are deleted.',
    recommendation: 'Give a time after which they are deleted, and who sees to it.',
    questions: ['How long are they kept?', 'How are they deleted?'],
    checkWords: ['priv', 'retention', 'delet', 'data', 'gdpr'],
    find: (section) => (ending.test(section.text) ? [] : inClauses({ when: personalData })(section)),
  },
  {
    id: 'money-without-currency',
    kind: 'RISK',
    category: 'Payment',
    risk: 'MEDIUM',
    confidence: 0.83,
    title: 'Amount without a currency: “{phrase}”',
    detail: '“{phrase}” names a sum and no currency.',
    recommendation: 'Write the currency with every amount, and whether taxes are included.',
    questions: ['Which currency is meant?', 'Are taxes included?'],
    checkWords: ['payment', 'currency', 'amount', 'price', 'fee', 'cost'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:fees?|prices?|amounts?|costs?|payments?|salary|budget|sum|deposit|rent|invoices?|pays?)\b(?:(?!\b(?:number|section|law|article|version|no\.))[^.;\n]){0,60}?\b(?:\d{1,3}(?:[,']\d{3})+|(?!(?:19|20)\d{2}\b)\d{4,9})(?:[.,]\d{2})?\b(?![-/])`,
      ),
      unless: currency,
    }),
  },
  {
    id: 'root-cause-missing',
    kind: 'GAP',
    category: 'Investigation',
    risk: 'HIGH',
    confidence: 0.8,
    title: 'No cause given for “{phrase}”',
    detail:
      'The section tells of “{phrase}” and nowhere says what caused it, so that nothing keeps it from happening again.',
    recommendation: 'State the root cause and the evidence for it, and what was changed.',
    questions: ['Why did it happen?', 'Which evidence shows that?', 'What keeps it from happening again?'],
    checkWords: ['cause', 'root', 'investigat', 'incident', 'correct'],
    find: (section) => (cause.test(section.text) ? [] : inClauses({ when: incident })(section)),
  },
  {
    id: 'claim-without-source',
    kind: 'SUGGESTION',
    category: 'Evidence',
    risk: 'LOW',
    confidence: 0.73,
    title: 'Asserted, not shown: “{phrase}”',
    detail: '“{phrase}” stands in for evidence. A reader who doubts it finds nothing to look up.',
    recommendation: 'Name the source, or say that it is an opinion and whose.',
    questions: ['What does this rest on?'],
    checkWords: ['evidence', 'source', 'support', 'claim', 'fact'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:obviously|clearly,|it is (?:well known|clear|obvious|believed|widely accepted)|studies (?:show|have shown)|experts (?:agree|say)|everyone knows|undoubtedly|without (?:any )?doubt|allegedly|reportedly)`,
      ),
    }),
  },
  {
    id: 'open-list',
    kind: 'SUGGESTION',
    category: 'Clarity',
    risk: 'LOW',
    confidence: 0.62,
    title: 'List without an end: “{phrase}”',
    detail: '“{phrase}” leaves the list open, so that what it covers is never settled.',
    recommendation: 'List all that is meant, or say by what rule further items belong to it.',
    questions: ['What else is meant?'],
    checkWords: ['vague', 'ambig', 'clarity', 'scope', 'complete'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:etc\.|and so on|and/or|and the like|including,? (?:but not limited to|without limitation)|among others|or similar)`,
      ),
    }),
  },
  {
    id: 'shared-secret',
    kind: 'RISK',
    category: 'Security',
    risk: 'HIGH',
    confidence: 0.82,
    title: 'Secret that is no secret: “{phrase}”',
    detail: '“{phrase}” means that more people than one can act under the same name, or that a secret lies open.',
    recommendation: 'Give everybody an account of their own, and keep secrets in a store made for them.',
    questions: ['Who knows it today?', 'How is it changed when somebody leaves?'],
    checkWords: ['secur', 'access', 'password', 'credential'],
    find: inClauses({
      when: pattern(
        String.raw`\b(?:shared (?:account|password|login|credentials)|passwords? (?:\w+ ){0,4}?(?:plain ?text|e-?mail|shared|spreadsheet)|default password|admin password|unencrypted|without encryption)\b`,
      ),
    }),
  },
  {
    id: 'undefined-term',
    kind: 'QUESTION',
    category: 'Definitions',
    risk: 'LOW',
    confidence: 0.55,
    title: 'Term not defined in this section: “{phrase}”',
    detail: '“{phrase}” is written like a defined term, and this section does not define it.',
    recommendation: 'Make sure that it is defined once, in one place, and used in that sense throughout.',
    questions: ['Where is “{phrase}” defined?'],
    checkWords: ['defin', 'term', 'clarity', 'consisten'],
    find: findUndefinedTerms,
  },
  {
    id: 'definite-period',
    kind: 'STRENGTH',
    category: 'Deadlines',
    risk: 'LOW',
    confidence: 0.7,
    title: 'Clear period: “{phrase}”',
    detail: 'The clause counts in days or months from something that both sides can see (“{phrase}”).',
    recommendation: 'Keep it, and put the date into a calendar.',
    questions: [],
    checkWords: ['deadline', 'notice', 'time', 'date'],
    find: inClauses({
      when: pattern(
        String.raw`\bwithin (?:\w+(?:-\w+)? ){0,2}\(?\d{1,3}\)? (?:business |calendar |working )?(?:days?|months?|hours?) (?:of|from|after|following) [^,.;]{3,60}`,
      ),
    }),
  },
];
