import { appendFlat, appendText, createFlatText, isBlank, onOneLine, withoutLastBreak } from './docx-flat-text.ts';
import type { FlatText, TextBudget } from './docx-flat-text.ts';

export type TableRow = {
  readonly cells: FlatText[];
  /** Deleted as a tracked change. */
  isDeleted: boolean;
};

/**
 * A row as one line, its cells in order with tabs between them. A row of a single cell is a frame around text rather than a table: its
 * paragraphs keep their lines, and headings in it count.
 */
export function writeRow(target: FlatText, row: TableRow, budget: TextBudget): void {
  if (row.isDeleted || row.cells.every(isBlank)) return;
  const [first, ...others] = row.cells;
  if (!first) return;
  if (others.length === 0) return appendFlat(target, first);
  const line = createFlatText(target.spans !== null);
  for (const [index, cell] of row.cells.entries()) {
    if (index > 0) appendText(line, '\t', budget);
    appendFlat(line, onOneLine(withoutLastBreak(cell)));
  }
  appendText(line, '\n', budget);
  appendFlat(target, line);
}
