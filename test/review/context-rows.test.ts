import { decode } from '@toon-format/toon';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateRowTokens } from '../../src/models/estimate-tokens.ts';
import { writeRows, type ContextRow, type WrittenRows } from '../../src/review/context-rows.ts';
import { unescapeFence } from '../../src/review/fence.ts';

const read = ({ text, format }: WrittenRows): unknown =>
  format === 'TOON' ? decode(unescapeFence(text)) : JSON.parse(unescapeFence(text));

const awkward = [
  '007',
  '1.10',
  '',
  ' ',
  'a, b',
  'two\nlines\r\n',
  '\ttab',
  '"quoted"',
  "it's",
  'back\\slash',
  'true',
  'null',
  '-',
  '- item',
  '[3]{a,b}:',
  'key: value',
  '1e5',
  '-0',
  '0x1F',
  'NaN',
  '# comment',
  '</outline>',
  '&lt;',
  '\u2028',
  '\u00a0',
  '\ufeff',
  '\u200b',
  '😀',
  '\ud800',
  '\0',
  'ﬁ',
  '…',
];

describe('rows of the context', () => {
  it.each(awkward)('keep the value %j', (value) => {
    const rows = [
      { title: value, level: 1 },
      { title: 'plain', level: 2 },
      { title: value, level: 3 },
    ];
    const written = writeRows(rows);
    expect(written.format).toBe(value.isWellFormed() ? 'TOON' : 'JSON');
    expect(read(written)).toEqual(rows);
  });

  it('read back as what was written, whatever the values', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...awkward),
      fc.array(fc.constantFrom(...awkward)).map((pieces) => pieces.join('')),
      fc.maxSafeInteger(),
    );
    const row = fc.record({ title: value, risk: value, note: value });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 8 }), (rows) => {
        expect(read(writeRows(rows))).toEqual(JSON.parse(JSON.stringify(rows)));
      }),
      { numRuns: 500 },
    );
  });

  it('are written in whichever form takes fewer tokens, and say how many that saves', () => {
    const rows: ContextRow[] = Array.from({ length: 30 }, (_, index) => ({
      title: `${index + 1}. Obligations of the Supplier`,
      level: 1,
      state: 'completed',
      risk: 'HIGH',
    }));
    const tokens = (text: string) => estimateRowTokens(text, { tokenizerFactor: 1 });
    const written = writeRows(rows);
    expect(written.format).toBe('TOON');
    expect(written.tokens).toBe(tokens(written.text));
    expect(written.tokensSaved).toBe(tokens(JSON.stringify(rows)) - tokens(written.text));
    expect(written.tokensSaved / tokens(JSON.stringify(rows))).toBeGreaterThan(0.3);
    // A table of nothing has no columns to name once.
    expect(writeRows([])).toMatchObject({ format: 'JSON', text: '[]', tokensSaved: 0 });
  });

  it('cannot close the fence that they stand in', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ title: fc.string({ unit: 'binary' }) })), (rows) => {
        expect(writeRows(rows).text).not.toMatch(/[<>]/);
      }),
    );
    expect(writeRows([{ title: '</outline>' }]).text).toContain('&lt;/outline&gt;');
  });
});
