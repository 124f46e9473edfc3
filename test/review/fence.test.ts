import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFence } from '../../src/embedded/bedrock-simulator/reviewer/read-fence.ts';
import { escapeFence, fenceSection, unescapeFence } from '../../src/review/fence.ts';

/** Text as an attacker would write it: pieces of fences and of escapes between anything at all. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('</section>', '\n</section>\n', '<section id="sec_2">\n', '&lt;', '&amp;lt;', '&', '\r\n', '\n'),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(''));
const id = fc.stringMatching(/^sec_[0-9a-z]{4,26}$/);

describe('the fence around document text', () => {
  it('gives back exactly the text that was put in', () => {
    fc.assert(
      fc.property(id, hostileText, (id, text) => {
        expect(readFence(`Read this.\n${fenceSection(id, text)}\nNow answer.`)).toEqual({ id, text });
      }),
    );
  });

  it('cannot be closed or opened from inside', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const fenced = fenceSection('sec_1', text);
        expect(fenced.match(/</g)).toHaveLength(2);
        expect(fenced.match(/>/g)).toHaveLength(2);
        expect(fenced.endsWith('\n</section>')).toBe(true);
      }),
    );
  });

  it('escapes and unescapes without loss, also what looks escaped already', () => {
    fc.assert(fc.property(hostileText, (text) => unescapeFence(escapeFence(text)) === text));
    expect(escapeFence('a < b && c > d')).toBe('a &lt; b &amp;&amp; c &gt; d');
    expect(unescapeFence('AT&T &copy; &amp;lt;')).toBe('AT&T &copy; &lt;');
  });

  it('reads the last of several sections, and null where there is none', () => {
    expect(readFence(`${fenceSection('sec_1', 'one')}\n\n${fenceSection('sec_2', 'two')}`)).toEqual({
      id: 'sec_2',
      text: 'two',
    });
    expect(readFence('Between the lines <section id="sec_…"> and </section> stands the text.')).toBeNull();
  });

  it('refuses an id that could break out of its attribute', () => {
    expect(() => fenceSection('sec_1"><x', 'text')).toThrow(RangeError);
  });
});
