/** What a benchmark is asked. */
export type BenchmarkOptions = {
  /** How often everything is measured; what is reported are medians over the runs. */
  readonly runs: number;
  /** Tells a person who waits what is being done. */
  readonly say: (line: string) => void;
};

export type Result = { readonly tables: readonly Table[] };

export type Table = {
  readonly title: string;
  readonly columns: readonly string[];
  /** The first cell of each row names it. */
  readonly rows: readonly (readonly string[])[];
};

/** As Markdown whose columns also line up in a terminal: names to the left, figures to the right. */
export function formatTable({ title, columns, rows }: Table): string {
  const widths = columns.map((column, index) =>
    Math.max(3, ...[column, ...rows.map((row) => row[index] ?? '')].map((cell) => cell.length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, index) => (index === 0 ? (cells[index] ?? '').padEnd(width) : (cells[index] ?? '').padStart(width))).join(' | ')} |`;
  const rule = `| ${widths.map((width, index) => (index === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [`${title}\n`, line(columns), rule, ...rows.map(line)].join('\n');
}
