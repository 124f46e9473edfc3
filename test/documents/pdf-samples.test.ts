import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readPdf } from '../../src/documents/read-pdf.ts';
import { outlineOf } from './pdf-reader.ts';

const samples = fileURLToPath(new URL('../../../shared/samples/', import.meta.url));
const agreement = `${samples}development-agreement.pdf`;
const request = `${samples}approval-request.pdf`;
const isMissing = !existsSync(agreement) || !existsSync(request);
// oxlint-disable-next-line no-console
if (isMissing) console.warn(`SKIPPED: the real PDFs are not in ${samples}; tests of generated ones run all the same.`);

const read = (path: string) => readPdf({ path, filename: 'sample.pdf' }, () => undefined);

describe.skipIf(isMissing)('a filed contract of 23 pages', () => {
  it('has its articles and titled clauses as headings, numbered as written', async () => {
    const outline = outlineOf(await read(agreement));
    expect(outline.filter((heading) => heading.startsWith('1 '))).toEqual([
      '1 EXCLUSIVE LICENSE AND PRODUCT DEVELOPMENT AGREEMENT',
      '1 RECITALS',
      '1 1. DEFINITIONS.',
      '1 2. GRANT OF RIGHTS',
      '1 3. PRODUCT DEVELOPMENT AND REGISTRATION',
      '1 4. MANUFACTURE AND SUPPLY',
      '1 5. SALES, MARKETING AND DISTRIBUTION',
      '1 6. MILESTONES AND OTHER PAYMENTS',
      '1 7. PATENT PROSECUTION AND LITIGATION',
      '1 8. INSURANCE',
      '1 9. CONFIDENTIAL INFORMATION; PUBLICITY',
      '1 10. TRANSFER TAXES',
      '1 11. TERM AND TERMINATION',
      '1 12. REPRESENTATIONS AND WARRANTIES',
      '1 13. INDEMNIFICATION',
      '1 14. LIMITATION OF LIABILITY',
      '1 15. MISCELLANEOUS',
    ]);
    const clauses = outline.filter((heading) => heading.startsWith('2 '));
    expect(clauses).toHaveLength(40);
    expect(clauses).toContain('2 11.4 Termination Other than for Breach or Insolvency.');
    expect(clauses).toContain('2 11.5 Effect of Termination or Expiration: Surviving Obligations.');
    expect(clauses).toContain('2 15.11 Counterparts; PDF.');
  });

  it('has 23 pages without their headers, footers and numbers', async () => {
    const { text, pageOffsets } = await read(agreement);
    expect(pageOffsets).toHaveLength(23);
    expect(text).not.toMatch(/Source: ETON|^CONFIDENTIAL$|^\d{1,2}$/m);
    expect(text).toContain('\n\n7.3 Patent Prosecution. Each Party');
    expect(text.slice(pageOffsets[9])).toMatch(/^7\.3 Patent Prosecution/);
  });

  it('has each clause in a paragraph of its own', async () => {
    const { text } = await read(agreement);
    const paragraphs = text.split('\n\n');
    for (const clause of [
      '1.2 “ANDA Litigation”',
      '6.6 Taxes. Each Party shall be responsible',
      '12.2.16 Aucta has not been informed',
      'WHEREAS, Aucta is engaged',
    ]) {
      expect(paragraphs.some((paragraph) => paragraph.startsWith(clause))).toBe(true);
    }
    expect(text).toContain('any such non-performance or delay shall be occasioned');
  });
});

describe.skipIf(isMissing)('an approval request of two pages', () => {
  it('has its sections and numbered items as headings', async () => {
    expect(outlineOf(await read(request))).toEqual([
      '1 Requested by:',
      '1 Approval Manager',
      '1 Overview',
      '1 Approval Request Details',
      '1 1. Contractor:',
      '1 2. Contract Details:',
      '1 Scope of Work:',
      '1 3. Contract Cost:',
      '1 4. Contract Period:',
      '1 5. Deliverables:',
      '1 6. Expected Acceptance Date:',
      '1 7. Expected Payment Date:',
      '1 8. Cost Allocation Method:',
      '1 9. Budget Application:',
      '1 Budget Status:',
      '1 10. Required Documentation:',
      '1 11. Additional Notes:',
    ]);
  });

  it('reads as it looks', async () => {
    const { text, pageOffsets } = await read(request);
    expect(text).toMatch(/^INTERNAL APPROVAL REQUEST\n\nCritical Project Number: ABC12345\nSubject: Contract for/);
    expect(text).toContain('under document number B-202506-0789 "Internal Approval Request:');
    expect(text).toContain(
      '\n\no Creating and delivering interview reports based on consultations with Sales and Accounting departments\n\no Creating',
    );
    expect(text.slice(pageOffsets[1])).toMatch(/^January 1, 2026 to June 30, 2026/);
  });
});
