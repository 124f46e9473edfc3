import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { findPackageRoot } from '../../src/package-root.ts';
import { renderJson } from '../../src/reports/render-json.ts';
import { methodParagraphs } from '../../src/reports/report-words.ts';
import { reportJsonSchema } from '../../src/reports/report-schema.ts';
import { emptyContent, hostileTitle, sampleContent } from './support/sample-content.ts';

const published = JSON.parse(
  readFileSync(join(findPackageRoot(import.meta.dirname), 'docs', 'report.schema.json'), 'utf8'),
) as object;

/** By a validator that knows nothing of what the schema was made from. */
function problemsOf(report: unknown): string[] {
  const ajv = new Ajv2020({ allErrors: true, strict: true });
  addFormats.default(ajv);
  const validate = ajv.compile(published);
  validate(report);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

describe('a report as JSON', () => {
  it('is what the golden file holds', async () => {
    await expect(renderJson(sampleContent)).toMatchFileSnapshot('golden/sample.json');
  });

  it('keeps to the published schema, full or empty', () => {
    expect(published).toEqual(reportJsonSchema());
    expect(problemsOf(JSON.parse(renderJson(sampleContent)))).toEqual([]);
    expect(problemsOf(JSON.parse(renderJson(emptyContent)))).toEqual([]);
  });

  it('is refused by the schema with a member too many, one missing, or a wrong one', () => {
    const report = JSON.parse(renderJson(sampleContent)) as Record<string, unknown>;
    const { threshold: _, ...incomplete } = report;
    expect(problemsOf({ ...report, secret: 1 })).toEqual([' must NOT have additional properties']);
    expect(problemsOf(incomplete)).toEqual([" must have required property 'threshold'"]);
    expect(problemsOf({ ...report, generatedAt: 'yesterday' })).toContain('/generatedAt must match format "date-time"');
  });

  it('holds every text as it was, and the method', () => {
    const report = JSON.parse(renderJson(sampleContent)) as typeof sampleContent & { method: string[] };
    expect(report.method).toEqual(methodParagraphs(sampleContent));
    const titles = report.sections.flatMap(({ findings }) => findings.map(({ title }) => title));
    expect(titles).toContain(hostileTitle);
    expect(titles).toEqual(sampleContent.sections.flatMap(({ findings }) => findings.map(({ title }) => title)));
  });
});
