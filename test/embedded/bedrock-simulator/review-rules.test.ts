import { describe, expect, it } from 'vitest';
import { reviewRules, reviewSection } from '../../../src/embedded/bedrock-simulator/reviewer/review-section.ts';
import { readSection } from '../../../src/embedded/bedrock-simulator/reviewer/section-text.ts';

/** For each rule: a sentence that it speaks of, the words it names, and one that looks like it and is sound. */
const examples: Readonly<Record<string, { speaks: string; phrase: string; silent: string }>> = {
  placeholder: { speaks: 'The fee is TBD.', phrase: 'TBD', silent: 'The fee is 100 USD.' },
  'number-conflict': {
    speaks: 'Payment falls due within thirty (45) days.',
    phrase: 'thirty (45)',
    silent: 'ETON pays five million dollars ($5,000,000) within one hundred and eighty-five (185) days.',
  },
  'date-conflict': {
    speaks: 'The work runs from January 1, 2026 to June 30, 2026. Acceptance is on June 30, 2024.',
    phrase: 'June 30, 2024',
    silent: 'The work runs from January 1, 2026 to June 30, 2026. Payment is on 31 July 2026.',
  },
  'absolute-promise': {
    speaks: 'The service is always available.',
    phrase: 'always',
    silent: 'The Supplier does not guarantee availability.',
  },
  'personal-data-purpose': {
    speaks: 'The Supplier collects personal data of employees.',
    phrase: 'personal data',
    silent: 'Personal data are collected solely for the purpose of payroll and deleted after a year.',
  },
  'personal-data-retention': {
    speaks: 'Personal data are used for the purpose of payroll.',
    phrase: 'Personal data',
    silent: 'Personal data are used for payroll and deleted after one year.',
  },
  'money-without-currency': {
    speaks: 'The price is 45,000 for each licence.',
    phrase: 'price is 45,000',
    silent: 'The price is 45,000 EUR for each licence, payable in June 2026.',
  },
  'root-cause-missing': {
    speaks: 'On Monday an outage stopped the plant for six hours.',
    phrase: 'outage',
    silent: 'On Monday an outage stopped the plant, caused by a worn valve.',
  },
  'claim-without-source': {
    speaks: 'It is well known that this works.',
    phrase: 'It is well known',
    silent: 'The test report of 3 May shows that this works.',
  },
  'open-list': {
    speaks: 'Costs of travel, meals, etc. are repaid.',
    phrase: 'etc.',
    silent: 'Costs of travel and meals are repaid.',
  },
  'shared-secret': {
    speaks: 'The team uses a shared password.',
    phrase: 'shared password',
    silent: 'Every member has a password of their own.',
  },
  'undefined-term': {
    speaks: 'The Operator runs the Plant. Only the Operator may enter.',
    phrase: 'Operator',
    silent: '“Operator” means the company. The Operator runs it, and the Operator insures it.',
  },
  'definite-period': {
    speaks: 'Reports come within thirty (30) days after the end of the quarter.',
    phrase: 'within thirty (30) days after the end of the quarter',
    silent: 'Reports come at some time.',
  },
  'unlimited-liability': {
    speaks: 'The Supplier is liable for any and all damages.',
    phrase: 'liable for any and all damages',
    silent: 'The Supplier is liable for damages up to 10,000 EUR.',
  },
  'liability-excluded': {
    speaks: 'In no event shall the Supplier be liable for lost profits.',
    phrase: 'In no event shall the Supplier be liable',
    silent: 'In no event shall either party be liable for lost profits.',
  },
  'broad-indemnity': {
    speaks: 'The Customer shall indemnify the Supplier against any and all claims.',
    phrase: 'indemnify the Supplier against any and all claims',
    silent: 'The Customer shall indemnify the Supplier against claims for infringement of its logo.',
  },
  'one-sided-termination': {
    speaks: 'The Customer may terminate this agreement at any time.',
    phrase: 'Customer may terminate this agreement at any time',
    silent: 'Either party may terminate this agreement at any time.',
  },
  'sole-discretion': {
    speaks: 'The Bank decides at its sole discretion.',
    phrase: 'at its sole discretion',
    silent: 'The Bank decides by the criteria in Annex 1.',
  },
  'unilateral-change': {
    speaks: 'The Supplier may change these terms without notice.',
    phrase: 'may change these terms without notice',
    silent: 'The parties may change these terms in writing at any time.',
  },
  'auto-renewal': {
    speaks: 'This contract renews automatically.',
    phrase: 'renews automatically',
    silent: 'This contract ends on 31 December 2026.',
  },
  'governing-law-unclear': {
    speaks: 'Disputes go to the courts of competent jurisdiction.',
    phrase: 'courts of competent jurisdiction',
    silent: 'Disputes shall be settled by the courts of Vienna.',
  },
  'assignment-without-consent': {
    speaks: 'The Supplier may assign this contract.',
    phrase: 'may assign this contract',
    silent: 'The Supplier may not assign this contract.',
  },
  'perpetual-grant': {
    speaks: 'The licence is perpetual.',
    phrase: 'perpetual',
    silent: 'The licence ends with this contract.',
  },
  exclusivity: {
    speaks: 'The Buyer grants an exclusive right to supply.',
    phrase: 'an exclusive right',
    silent: 'The Buyer grants a right to supply.',
  },
  penalty: {
    speaks: 'Late delivery costs liquidated damages.',
    phrase: 'liquidated damages',
    silent: 'Late delivery is reported.',
  },
  'liability-cap': {
    speaks: 'The liability of the Supplier shall not exceed 10,000 EUR.',
    phrase: 'liability of the Supplier shall not exceed',
    silent: 'The liability of the Supplier is a matter of law.',
  },
  'obligation-without-owner': {
    speaks: 'All defects shall be repaired before use.',
    phrase: 'shall be repaired',
    silent: 'All defects shall be repaired by the Supplier before use.',
  },
  'duty-without-date': {
    speaks: 'The Supplier shall deliver the report.',
    phrase: 'shall deliver',
    silent: 'The Supplier shall deliver the report within five days.',
  },
  'vague-deadline': {
    speaks: 'The Supplier answers as soon as possible.',
    phrase: 'as soon as possible',
    silent: 'The Supplier answers within two days.',
  },
  'weak-effort': {
    speaks: 'The Supplier uses best efforts to answer.',
    phrase: 'best efforts',
    silent: 'The Supplier answers within two days.',
  },
  'may-where-must': {
    speaks: 'The inspector may visit the site.',
    phrase: 'inspector may visit',
    silent: 'The inspector visits the site each month.',
  },
  'decision-without-decider': {
    speaks: 'It was decided to go on.',
    phrase: 'It was decided',
    silent: 'It was decided by the board to go on.',
  },
  'agreement-to-agree': {
    speaks: 'The price is to be mutually agreed.',
    phrase: 'to be mutually agreed',
    silent: 'The price holds unless otherwise agreed.',
  },
  'vague-measure': {
    speaks: 'The Supplier takes appropriate measures.',
    phrase: 'appropriate measures',
    silent: 'The Supplier locks the server room.',
  },
};

const phrasesOf = (ruleId: string, text: string): string[] =>
  reviewRules
    .filter((rule) => rule.id === ruleId)
    .flatMap((rule) => rule.find(readSection(text)).map((hit) => hit.phrase));

describe('the rules of the simulated review', () => {
  it('have an example each', () => {
    expect(Object.keys(examples).toSorted()).toEqual(reviewRules.map((rule) => rule.id).toSorted());
    expect(reviewRules.length).toBeGreaterThanOrEqual(15);
  });

  it.each(Object.entries(examples))('%s speaks of what it is for, and of nothing that looks like it', (id, example) => {
    expect(phrasesOf(id, example.speaks)).toContain(example.phrase);
    expect(phrasesOf(id, example.silent)).toEqual([]);
  });

  it('read across line breaks, and quote them as they are', () => {
    const { findings } = reviewSection('1. Term\nThe contract renews\nautomatically.', []);
    expect(findings[0]?.evidence).toEqual(['The contract renews\nautomatically.']);
    expect(findings[0]?.title).toBe('Renews by itself: “renews automatically”');
  });

  it('are the surer the plainer a clause says it and the more often', () => {
    const confidence = (text: string) => reviewSection(text, []).findings[0]?.confidence ?? 0;
    const plain = 'The Supplier answers promptly.';
    const buried = `${'Whatever else the parties have said of it elsewhere in many words, '.repeat(8)}the Supplier answers promptly.`;
    expect(confidence(plain)).toBeGreaterThan(confidence(buried));
    expect(confidence(`${plain} The Buyer pays promptly. Both report promptly.`)).toBeGreaterThan(confidence(plain));
  });

  it('take no longer than a moment for a hostile text', () => {
    const hostile = ['the Term ', 'one hundred and ', 'one (2) ', '\n', '[ * ', 'indemnify all any ', '."""', 'a'];
    for (const piece of hostile) {
      const startedAt = performance.now();
      reviewSection(`x\n${piece.repeat(200_000 / piece.length)}`, []);
      // Some 50 ms when nothing is quadratic, a minute when something is.
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    }
  });
});
