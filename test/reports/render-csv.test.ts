import papaparse from 'papaparse';
import { describe, expect, it } from 'vitest';
import type { ReportContent } from '../../src/reports/report-content.ts';
import { renderCsv } from '../../src/reports/render-csv.ts';
import { emptyContent, hostileFormula, hostileTitle, sampleContent } from './support/sample-content.ts';

type Row = Record<string, string>;

/** As a spreadsheet reads it. */
function rowsOf(content: ReportContent): Row[] {
  const { data, errors } = papaparse.parse<Row>(renderCsv(content), {
    header: true,
    skipEmptyLines: true,
    delimiter: ',',
  });
  expect(errors).toEqual([]);
  return data;
}

const findings = sampleContent.sections.flatMap((section) => section.findings);

describe('a report as CSV', () => {
  it('is what the golden file holds', async () => {
    await expect(renderCsv(sampleContent)).toMatchFileSnapshot('golden/sample.csv');
  });

  it('has a row for each finding, with all its text', () => {
    const rows = rowsOf(sampleContent);
    expect(rows.map(({ number }) => Number(number))).toEqual(findings.map(({ number }) => number));
    expect(rows.map(({ title }) => title)).toEqual(findings.map(({ title }) => title));
    expect(rows[0]).toMatchObject({
      section: '1 Liability & indemnities',
      risk: 'CRITICAL',
      confidence: '0.97',
      status: 'ACCEPTED',
      questions: 'Was a ceiling ever offered?\nDoes the insurance cover this?',
      evidence: '“The Customer shall be liable without limitation”\n“regardless of fault”',
      other_places: '1.1 Ausschlüsse – “Sonderfälle”: “haftet unbeschränkt”\n4 付款条件: “without … limit” (not found)',
      overall_risk: 'CRITICAL',
      sections: '10',
      sections_not_analysed: expect.stringContaining('3 Services: Cancelled. Its analysis was cancelled.\n'),
      left_out_below_threshold: '3',
      models: 'Claude Sonnet 4.5\nClaude Sonnet 4.0',
      cost_usd: '0.325674',
      models_simulated: 'yes',
    });
    expect(rows[0]?.['decisions']?.split('\n')[0]).toBe(
      '2026-11-26T09:20:00.000Z: Rejected by ana@example.com: Thought it was standard.',
    );
    expect(rows.map(({ title }) => title)).toContain(hostileTitle);
  });

  it('has no cell that a spreadsheet takes for a formula, whatever the column', () => {
    const evil = (text: string): ReportContent => {
      const [section] = sampleContent.sections;
      const [finding] = section?.findings ?? [];
      if (!section || !finding) throw new Error('The sample has no finding.');
      const spoilt = { ...finding, category: text, title: text, detail: text, recommendation: text, questions: [text] };
      return {
        ...sampleContent,
        document: { ...sampleContent.document, filename: text },
        sections: [{ ...section, title: text, findings: [{ ...spoilt, checks: [{ ref: text, title: text }] }] }],
      };
    };
    for (const text of [hostileFormula, '+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '＠x']) {
      const cells = rowsOf(evil(text)).flatMap((row) => Object.values(row));
      expect(cells.filter((cell) => cell.includes(text))).not.toEqual([]);
      for (const cell of cells) expect(cell).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/);
    }
  });

  it('is UTF-8 with its mark and has line ends of RFC 4180; line breaks of a text stay within its cell', () => {
    const text = renderCsv(sampleContent);
    expect(text.startsWith('\uFEFF"number","section"')).toBe(true);
    expect(text.endsWith('\r\n')).toBe(true);
    expect(rowsOf(sampleContent).map(({ detail }) => detail?.replace(/^'/, ''))).toEqual(
      findings.map(({ detail }) => detail),
    );
  });

  it('has one row when there is nothing to report, which does not look as if all were well', () => {
    const [row, ...more] = rowsOf({ ...emptyContent, belowThreshold: 4 });
    expect(more).toEqual([]);
    const said = Object.entries(row ?? {}).filter(([, cell]) => cell !== '');
    expect(Object.fromEntries(said)).toEqual({
      document: emptyContent.document.filename,
      report_of: emptyContent.generatedAt.toISOString(),
      overall_risk: 'Not assessed',
      sections: '1',
      sections_not_analysed: 'Notes: Not started. It was never sent to analysis.',
      confidence_threshold: String(emptyContent.threshold),
      left_out_below_threshold: '4',
      cost_usd: '0',
      models_simulated: emptyContent.isSimulated ? 'yes' : 'no',
    });
  });

  it('gives a strength no risk, and says of a decision when it was made and that it was carried over', () => {
    const rows = rowsOf(sampleContent);
    expect(rows.filter(({ kind }) => kind === 'STRENGTH').map(({ risk }) => risk)).toEqual(['']);
    expect(rows.filter(({ risk }) => risk === '')).toHaveLength(1);
    expect(rows.find(({ source }) => source === 'REVIEWER')?.['decisions']).toBe(
      '2026-11-26T09:03:00.000Z: Accepted by chi@example.com. Carried over from the analysis before on 2026-11-26T09:50:00.000Z',
    );
  });

  it('names 50 sections that were not analysed in each row, and says how many more there are', () => {
    const [notes] = emptyContent.sections;
    if (!notes) throw new Error('The sample has no section.');
    const [row] = rowsOf({ ...emptyContent, sections: Array.from({ length: 53 }, () => notes) });
    expect(row?.['sections_not_analysed']?.split('\n')).toHaveLength(51);
    expect(row?.['sections_not_analysed']).toMatch(/\nand 3 more$/);
  });
});
