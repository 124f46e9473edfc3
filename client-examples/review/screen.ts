import { hasEnded, type SectionProgress } from './progress.ts';

export type Output = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
};

type Size = { readonly columns: number; readonly rows: number };

export type Screen = {
  /** Prints a line that stays. */
  readonly line: (text: string) => void;
  /** Replaces the lines at the bottom that show the present. Nothing, where the output is no terminal. */
  readonly live: (draw: (size: Size) => readonly string[]) => void;
  /** Set back, where the output is a terminal that shows colours. */
  readonly dim: (text: string) => string;
};

/** Lines that stay, above a few that change. What is printed comes from documents and models: control characters never reach the terminal. */
export function createScreen(output: Output, env: Readonly<Record<string, string | undefined>>): Screen {
  const isLive = output.isTTY === true;
  const hasColours = isLive && env['NO_COLOR'] === undefined;
  let shown: readonly string[] = [];

  // Without wrapping, for a line that turns out wider than it was measured would be erased by half.
  const paint = (): string => (shown.length === 0 ? '' : `\x1b[?7l${shown.join('\n')}\n\x1b[?7h`);
  const erase = (): string => (shown.length === 0 ? '' : `\x1b[${shown.length}A\x1b[J`);

  return {
    line: (text) => void output.write(`${erase()}${text}\n${paint()}`),
    live(draw) {
      if (!isLive) return;
      const before = erase();
      shown = draw({ columns: output.columns ?? 80, rows: output.rows ?? 24 });
      output.write(before + paint());
    },
    dim: (text) => (hasColours ? `\x1b[2m${text}\x1b[22m` : text),
  };
}

const barWidth = 20;

/** A bar for each section in work, the thinking of the one in front, and the count of the rest; at most `rows - 2` lines. */
export function drawProgress(
  sections: readonly SectionProgress[],
  size: Size,
  dim: (text: string) => string,
): string[] {
  const running = sections.filter(({ status }) => status === 'RUNNING');
  const shown = running.slice(0, Math.max(1, size.rows - 5));
  const titleWidth = Math.max(8, Math.min(40, size.columns - barWidth - 12));
  const bars = shown.map(({ title, percent }) => {
    const filled = Math.round((percent / 100) * barWidth);
    const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
    return `  ${clip(printable(title), titleWidth).padEnd(titleWidth)} ${bar} ${percent.toFixed(0).padStart(3)} %`;
  });
  const thought = running[0] ? lastLine(running[0].thinking, size.columns - 6) : '';
  if (thought) bars.splice(1, 0, dim(`    ${thought}`));
  const done = sections.filter(hasEnded).length;
  const waiting = sections.length - done - running.length;
  const hidden = running.length - shown.length;
  const hiddenCount = hidden > 0 ? ` (${hidden} not shown)` : '';
  const counts = `  ${done} of ${sections.length} done, ${running.length} in work${hiddenCount}, ${waiting} waiting`;
  return [...bars, clip(counts, size.columns)];
}

/** One line without control and format characters, so that no text can move the cursor, change colours or reverse what is read. */
export const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();

const clip = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);

/** The end of the last line, for that is where the news is. */
function lastLine(text: string, width: number): string {
  const line = printable(text.trimEnd().split('\n').at(-1) ?? '');
  return line.length <= width ? line : `…${line.slice(-(width - 1))}`;
}
