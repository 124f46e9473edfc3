import { describe, expect, it } from 'vitest';
import { decisionLine } from '../../src/reports/decision-words.ts';
import type { ReportContent, ReportDecision, ReportSection } from '../../src/reports/report-content.ts';
import { extentSentence, methodParagraphs, modelsNote } from '../../src/reports/report-words.ts';
import { countsByRisk, riskText } from '../../src/reports/risk-words.ts';
import { emptyContent, sampleContent } from './support/sample-content.ts';

const [sampleSection] = sampleContent.sections;
const [sampleFinding] = sampleSection?.findings ?? [];
if (!sampleSection || !sampleFinding) throw new Error('The sample has no finding.');

const rejected = { ...sampleFinding, status: 'REJECTED' } as const;
const strength = { ...sampleFinding, kind: 'STRENGTH' } as const;

const sectionIn = (state: ReportSection['state'], findings: ReportSection['findings'] = []): ReportSection => ({
  ...sampleSection,
  state,
  findings,
});
const withSections = (...sections: readonly ReportSection[]): ReportContent => ({ ...emptyContent, sections });

describe('the overall risk in words', () => {
  it.each([
    ['nothing was analysed', withSections(sectionIn('NOT_STARTED')), 'Not assessed'],
    ['every analysis failed', withSections(sectionIn('FAILED'), sectionIn('FAILED')), 'Not assessed'],
    ['there are no sections', withSections(), 'Not assessed'],
    ['a reviewer alone named a strength', withSections(sectionIn('QUEUED', [strength])), 'Not assessed'],
    ['all was analysed', withSections(sectionIn('COMPLETED')), 'No risk found'],
    [
      'some was not analysed',
      withSections(sectionIn('COMPLETED'), sectionIn('FAILED')),
      'No risk found in what was analysed',
    ],
    ['all was rejected', withSections(sectionIn('COMPLETED', [rejected])), 'No open risk'],
    ['a reviewer’s own was rejected', withSections(sectionIn('NOT_STARTED', [rejected])), 'No open risk'],
    [
      'all was rejected and some not analysed',
      withSections(sectionIn('COMPLETED', [rejected]), sectionIn('RUNNING')),
      'No open risk in what was analysed',
    ],
    ['there are strengths alone', withSections(sectionIn('COMPLETED', [strength])), 'No risk found'],
    ['there is one', sampleContent, 'Critical risk'],
  ])('where %s', (_, content, text) => {
    expect(riskText(content)).toBe(text);
  });

  it('is counted without strengths, which the sentence about all findings names', () => {
    const content = withSections(sectionIn('COMPLETED', [strength, sampleFinding]));
    expect(Object.fromEntries(countsByRisk(content))).toEqual({ Critical: '1', High: '0', Medium: '0', Low: '0' });
    expect(extentSentence(content)).toMatch(/^2 findings \(1 strength among them\) in 1 section, of which 1 was/);
  });
});

describe('a decision in words', () => {
  const decision: ReportDecision = {
    at: new Date('2026-11-26T12:00:00Z'),
    actor: 'ana',
    status: 'ACCEPTED',
    note: null,
    carriedOver: null,
  };

  it('has the time at which somebody made it, not that of the re-run that carried it over', () => {
    const decidedAt = new Date('2026-11-20T08:00:00Z');
    expect(decisionLine(decision)).toBe('2026-11-26 12:00 UTC: Accepted by ana');
    expect(decisionLine({ ...decision, carriedOver: { from: 'EARLIER_ANALYSIS', decidedAt } })).toBe(
      '2026-11-20 08:00 UTC: Accepted by ana. Carried over from the analysis before on 2026-11-26 12:00 UTC',
    );
    expect(decisionLine({ ...decision, carriedOver: { from: 'OTHER_PLACE', decidedAt: null } })).toBe(
      'Accepted by ana. Carried over from the same finding in another place on 2026-11-26 12:00 UTC',
    );
  });

  it('is told as taken back where it was', () => {
    expect(decisionLine({ ...decision, status: 'PENDING' })).toBe('2026-11-26 12:00 UTC: Decision taken back by ana');
  });
});

describe('the method', () => {
  const methodOf = (description: string) =>
    methodParagraphs({ ...sampleContent, playbook: { name: 'Ours', description } });

  it("has a playbook's description in a paragraph of its own, and none where it is blank", () => {
    const [first, second] = methodOf('NDAs of our group');
    expect(first).toMatch(/by the playbook “Ours”\. What models find/);
    expect(second).toBe('What the playbook says of itself: NDAs of our group');
    expect(methodOf(' \n')).toEqual(methodOf('NDAs of our group').filter((text) => text !== second));
  });

  it('does not say of calls that failed that they cost something', () => {
    expect(modelsNote).toBe('Figures are tokens; calls that failed are counted.');
  });
});
