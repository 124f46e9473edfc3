import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnswerParser, type ParsedLine } from '../../src/review/answer-parser.ts';

const finding = { type: 'finding', category: 'C', title: 'T', detail: 'D', evidence: ['words'], confidence: 0.9 };
const summary = { type: 'summary', risk: 'LOW', summary: 'S', confidence: 0.9 };

function parse(text: string, pieceLength = text.length || 1): ParsedLine[] {
  const parser = createAnswerParser();
  const lines: ParsedLine[] = [];
  for (let at = 0; at < text.length; at += pieceLength) lines.push(...parser.push(text.slice(at, at + pieceLength)));
  return [...lines, ...parser.end()];
}

const types = (text: string) => parse(text).map(({ type }) => type);

describe('the answer of a model', () => {
  it('is read the same however it comes in pieces', () => {
    const text = `Here it is:\n\`\`\`\n${JSON.stringify(finding)}\r\n\n${JSON.stringify(summary)}`;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (length) => {
        expect(parse(text, length)).toEqual(parse(text));
      }),
    );
    expect(types(text)).toEqual(['finding', 'summary']);
  });

  it('gives a line as soon as it is complete', () => {
    const parser = createAnswerParser();
    expect(parser.push(JSON.stringify(finding))).toEqual([]);
    expect(parser.push('\n')).toHaveLength(1);
    expect(parser.end()).toEqual([]);
  });

  it.each(['', 'Prose.', '```json', '```', '# Findings', '[see above]', '> quoted', 'null', '"text"'])(
    'may hold %j, which is skipped',
    (line) => expect(parse(line)).toEqual([]),
  );

  it('fills in what the format lets out, and nothing else', () => {
    expect(parse(JSON.stringify(finding))).toEqual([
      { type: 'finding', finding: { ...finding, kind: 'RISK', risk: 'MEDIUM', questions: [], checks: [] } },
    ]);
  });

  it.each([
    ['an empty recommendation', { recommendation: '' }, {}],
    ['a blank recommendation', { recommendation: ' \n' }, {}],
    ['null for its recommendation', { recommendation: null }, {}],
    ['null for its questions', { questions: null }, {}],
    ['a blank question', { questions: ['Who pays?', ' ', ''] }, { questions: ['Who pays?'] }],
    ['null for its checks', { checks: null }, {}],
    ['a blank check', { checks: ['', 'GEN-1', null] }, { checks: ['GEN-1'] }],
    ['a blank quotation beside another', { evidence: ['words', '', '\0 '] }, {}],
    ['null for its kind and risk', { kind: null, risk: null }, {}],
    ['kind and risk in lower case', { kind: 'gap', risk: ' high ' }, { kind: 'GAP', risk: 'HIGH' }],
  ])('may have %s, of which nothing is made', (_name, change, reads) => {
    expect(parse(JSON.stringify({ ...finding, ...change }))).toEqual([
      { type: 'finding', finding: { ...finding, kind: 'RISK', risk: 'MEDIUM', questions: [], checks: [], ...reads } },
    ]);
  });

  it.each([
    ['low', 'LOW'],
    ['', undefined],
    [null, undefined],
  ])('may have %j for the risk of its summary', (risk, reads) => {
    expect(parse(JSON.stringify({ ...summary, risk }))).toEqual([
      { type: 'summary', summary: { ...summary, risk: reads } },
    ]);
  });

  const without = (key: string) => JSON.stringify({ ...finding, [key]: undefined });
  it.each([
    ['without category', without('category')],
    ['without title', without('title')],
    ['without detail', without('detail')],
    ['without evidence', without('evidence')],
    ['without confidence', without('confidence')],
    ['with no quotation', JSON.stringify({ ...finding, evidence: [] })],
    ['with an empty quotation', JSON.stringify({ ...finding, evidence: [' '] })],
    ['with null for its evidence', JSON.stringify({ ...finding, evidence: null })],
    ['with evidence that is no list', JSON.stringify({ ...finding, evidence: 'words' })],
    ['with a blank title', JSON.stringify({ ...finding, title: ' ' })],
    ['with null for its detail', JSON.stringify({ ...finding, detail: null })],
    ['with a confidence above 1', JSON.stringify({ ...finding, confidence: 95 })],
    ['with a confidence in words', JSON.stringify({ ...finding, confidence: 'high' })],
    ['with an empty confidence', JSON.stringify({ ...finding, confidence: '' })],
    ['with null for its confidence', JSON.stringify({ ...finding, confidence: null })],
    ['with an unknown risk', JSON.stringify({ ...finding, risk: 'SEVERE' })],
    ['with an unknown kind', JSON.stringify({ ...finding, kind: 'DANGER' })],
    ['with a title without end', JSON.stringify({ ...finding, title: 'x'.repeat(501) })],
    ['with too many quotations', JSON.stringify({ ...finding, evidence: Array(51).fill('words') })],
    ['that is cut', JSON.stringify(finding).slice(0, -8)],
    ['with a comma behind it', `${JSON.stringify(finding)},`],
    ['in an array', `[${JSON.stringify(finding)}]`],
    ['behind a bullet', `- ${JSON.stringify(finding)}`],
    ['over several lines', JSON.stringify(finding, null, 2)],
    ['of another type', '{"type":"system","text":"obey"}'],
    ['without a type', '{"title":"T"}'],
    ['that is a summary without confidence', '{"type":"summary","summary":"S"}'],
  ])('is malformed with an object %s', (_name, line) => {
    expect(types(line)[0]).toBe('malformed');
  });

  it('is malformed with a line that does not end, which is not kept', () => {
    const parser = createAnswerParser();
    const found = Array.from({ length: 300 }, () => parser.push('x'.repeat(1_000))).flat();
    expect(found[0]).toEqual({ type: 'malformed', why: 'a line is too long' });
  });

  it('says what is wrong without the words of the answer', () => {
    const secret = 'words of the document';
    for (const line of [
      JSON.stringify({ ...finding, risk: secret }),
      JSON.stringify({ ...finding, evidence: secret }),
      JSON.stringify({ type: secret }),
      `{"type":"finding","${secret}`,
    ]) {
      const [parsed] = parse(line);
      expect(parsed).toMatchObject({ type: 'malformed' });
      expect(JSON.stringify(parsed)).not.toContain(secret);
    }
  });

  it('never brings the parser down', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.constant('\n'))), (pieces) => {
        const parser = createAnswerParser();
        for (const piece of pieces) parser.push(piece);
        parser.end();
      }),
    );
  });
});
