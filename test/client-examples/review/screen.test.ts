/* oxlint-disable no-control-regex -- the codes of a terminal begin with one */
import { describe, expect, it } from 'vitest';
import type { SectionProgress } from '../../../client-examples/review/progress.ts';
import { createScreen, drawProgress, printable, type Output } from '../../../client-examples/review/screen.ts';

const plain = (text: string): string => text;

const section = (number: number, part: Partial<SectionProgress> = {}): SectionProgress => ({
  title: `Section ${number}`,
  status: 'QUEUED',
  percent: 0,
  thinking: '',
  findings: new Set(),
  ...part,
});

/** Sixty sections: twelve are done, four in work. */
const sixty = Array.from({ length: 60 }, (_, index) => {
  if (index < 12) return section(index, { status: index % 5 === 4 ? 'FAILED' : 'COMPLETED', percent: 100 });
  if (index < 16) return section(index, { status: 'RUNNING', percent: 25, thinking: `Earlier.\nNow of ${index}.` });
  return section(index);
});

/** A terminal that understands what the screen writes, and nothing else. */
function createTerminal(size: { columns: number; rows: number }): Output & { text(): string } {
  let lines = [''];
  let row = 0;
  return {
    isTTY: true,
    ...size,
    write(text: string) {
      for (const part of text.split(/(\n|\x1b\[\??\d*[A-Za-z])/)) {
        const up = /^\x1b\[(\d+)A$/.exec(part);
        if (up) row -= Number(up[1]);
        else if (part === '\x1b[J') lines = [...lines.slice(0, row), ''];
        else if (part === '\n') lines[(row += 1)] ??= '';
        else if (!part.startsWith('\x1b')) lines[row] += part;
      }
      return true;
    },
    text: () => lines.join('\n'),
  };
}

describe('the progress of a review', () => {
  it('has a bar for each section in work, the thinking of the first of them, and counts the rest', () => {
    expect(drawProgress(sixty, { columns: 80, rows: 24 }, plain)).toEqual([
      `  ${'Section 12'.padEnd(40)} █████░░░░░░░░░░░░░░░  25 %`,
      '    Now of 12.',
      `  ${'Section 13'.padEnd(40)} █████░░░░░░░░░░░░░░░  25 %`,
      `  ${'Section 14'.padEnd(40)} █████░░░░░░░░░░░░░░░  25 %`,
      `  ${'Section 15'.padEnd(40)} █████░░░░░░░░░░░░░░░  25 %`,
      '  12 of 60 done, 4 in work, 44 waiting',
    ]);
  });

  it.each([
    [80, 24],
    [60, 10],
    [45, 8],
  ])('fits into %d columns and %d rows, however much is in work', (columns, rows) => {
    const title =
      'A title that goes on and on and would not fit into any terminal of this world, and neither would that';
    const all = sixty.map((each) => ({ ...each, title, status: 'RUNNING' as const, thinking: title.repeat(9) }));
    const lines = drawProgress(all, { columns, rows }, plain);
    expect(lines.length).toBeLessThan(rows);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    const hidden = 60 - (lines.length - 2);
    expect(`  0 of 60 done, 60 in work (${hidden} not shown), 0 waiting`).toContain(lines.at(-1)?.replace('…', ''));
  });

  it('shows the end of a long thought', () => {
    const [, thought] = drawProgress(
      [section(1, { status: 'RUNNING', thinking: `${'long '.repeat(100)}end` })],
      { columns: 40, rows: 24 },
      plain,
    );
    expect(thought).toMatch(/^ {4}….*long end$/);
  });
});

describe('the screen', () => {
  it('keeps lines above what it shows of the present, and replaces that', () => {
    const terminal = createTerminal({ columns: 80, rows: 24 });
    const screen = createScreen(terminal, {});
    screen.live(() => ['one', 'two']);
    screen.line('first');
    screen.live(({ columns, rows }) => [`three in ${columns} by ${rows}`]);
    screen.line('second');
    expect(terminal.text()).toBe('first\nsecond\nthree in 80 by 24\n');
    screen.live(() => []);
    expect(terminal.text()).toBe('first\nsecond\n');
  });

  it('writes lines alone, without any code, where there is no terminal', () => {
    const written: string[] = [];
    const screen = createScreen({ write: (text) => written.push(text) }, {});
    screen.live(() => ['never']);
    screen.line(screen.dim('first'));
    expect(written).toEqual(['first\n']);
  });

  it('shows no colours where they are not wanted', () => {
    const terminal = createTerminal({ columns: 80, rows: 24 });
    expect(createScreen(terminal, {}).dim('x')).toBe('\x1b[2mx\x1b[22m');
    expect(createScreen(terminal, { NO_COLOR: '1' }).dim('x')).toBe('x');
  });

  it('lets no text of a document or a model steer the terminal', () => {
    expect(printable('a\x1b[2J\u202Eb\r\n\u009bc\u2028 \u200bd ')).toBe('a [2J b c d');
    const [bar, thought] = drawProgress(
      [section(1, { title: '\x1b]0;owned\x07', status: 'RUNNING', thinking: 'x\x1b[31my' })],
      { columns: 80, rows: 24 },
      plain,
    );
    expect(`${bar}${thought}`).not.toMatch(/\p{Cc}/u);
  });
});
