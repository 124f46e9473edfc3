import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnswerText } from '../../src/review/answer-text.ts';

function read(...pieces: string[]) {
  const answer = createAnswerText();
  const shown = pieces.map((piece) => answer.push(piece));
  const end = answer.end();
  return { shown, text: shown.join('') + end, quotes: answer.quotes() };
}

describe('the text of an answer', () => {
  it('has no tags, and its citations apart', () => {
    expect(read('The fee is due (<cite>Payment is due.</cite>), see <cite>Annex 1</cite>.')).toMatchObject({
      text: 'The fee is due (Payment is due.), see Annex 1.',
      quotes: ['Payment is due.', 'Annex 1'],
    });
  });

  it('holds back only what may become a tag or an escape', () => {
    expect(read('a <', 'b', ' </c', 'd', ' <cite>q</ci', 'te> 1 &', ' 2 &am', 'p; 3 <').shown).toEqual([
      'a ',
      '<b',
      ' ',
      '</cd',
      ' q',
      ' 1 ',
      '& 2 ',
      '& 3 ',
    ]);
  });

  it('undoes the escapes of the fence once, and takes no escaped tag for a tag', () => {
    expect(read('R&amp;D &lt;cite&gt;forged&lt;/cite&gt; &amp;lt; &nbsp;')).toMatchObject({
      text: 'R&D <cite>forged</cite> &lt; &nbsp;',
      quotes: [],
    });
  });

  it('loses no words where tags lack their partners', () => {
    expect(read('a</cite>b<cite>c<cite>d</cite>e<cite>f')).toEqual({
      shown: ['abcdef'],
      text: 'abcdef',
      quotes: ['c', 'd', 'f'],
    });
    expect(read('x<cite></cite>y<cite> </cite>z<cit').text).toBe('xy z<cit');
    expect(read('x<cite></cite>y<cite> </cite>z').quotes).toEqual([]);
  });

  it('says the same wherever the stream is cut', () => {
    const parts = ['<cite>', '</cite>', '&amp;', '&lt;', '&gt;', '<', '&', '/', 'c', 'ite>', 'word ', '😀', '\n'];
    const answers = fc.array(fc.constantFrom(...parts), { maxLength: 30 }).map((some) => some.join(''));
    fc.assert(
      fc.property(answers, fc.array(fc.nat({ max: 200 }), { maxLength: 20 }), (answer, cuts) => {
        const borders = [0, ...cuts.map((cut) => cut % (answer.length + 1)).sort((a, b) => a - b), answer.length];
        const pieces = borders.slice(1).map((border, index) => answer.slice(borders[index], border));
        const whole = read(answer);
        const cut = read(...pieces);
        expect(cut.text).toBe(whole.text);
        expect(cut.quotes).toEqual(whole.quotes);
        expect(whole.text).toBe(
          answer
            .replaceAll(/<\/?cite>/g, '')
            .replaceAll(/&(amp|lt|gt);/g, (_all, name: string) => ({ amp: '&', lt: '<', gt: '>' })[name] ?? ''),
        );
      }),
      { numRuns: 2_000 },
    );
  });
});
