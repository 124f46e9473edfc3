import { formatNumber } from './docx-number-formats.ts';
import type { ListDefinition, ListLevel, Numbering } from './docx-numbering.ts';

/** What stands before a list paragraph as shown: `2.3`, `(a)`, `•`. */
export type ListLabel = { readonly text: string; readonly separator: string };

export type ListLabels = {
  /** Counts the next paragraph of a list and gives its label; null for a list or level that is not defined. Levels begin at 0. */
  next(numId: string, level: number): ListLabel | null;
};

/** Counts list paragraphs in the order of the document, as Word does. */
export function createListLabels(numbering: Numbering): ListLabels {
  const countersById = new Map<string, (number | undefined)[]>();
  const usedOverrides = new Set<string>();

  return {
    next(numId, level) {
      const list = numbering.list(numId);
      const definition = list?.levels[level];
      if (!list || !definition) return null;
      const counters = countersById.get(list.countersId) ?? [];
      countersById.set(list.countersId, counters);

      const overrideKey = `${numId}:${level}`;
      if (list.startOverrides.has(level) && !usedOverrides.has(overrideKey)) {
        usedOverrides.add(overrideKey);
        counters[level] = undefined;
      }
      const previous = counters[level];
      counters[level] = previous === undefined ? startOf(list, level) : previous + 1;
      restartDeeper(list, counters, level);
      if (definition.format === 'bullet') return bulletLabel(definition.text, level);
      return labelOf(list, counters, definition);
    },
  };
}

const startOf = (list: ListDefinition, level: number): number =>
  list.startOverrides.get(level) ?? list.levels[level]?.start ?? 1;

function restartDeeper(list: ListDefinition, counters: (number | undefined)[], level: number): void {
  for (let deeper = level + 1; deeper < list.levels.length; deeper++) {
    const restartAfter = list.levels[deeper]?.restartAfter ?? deeper;
    if (level + 1 <= restartAfter) counters[deeper] = undefined;
  }
}

function labelOf(list: ListDefinition, counters: readonly (number | undefined)[], definition: ListLevel): ListLabel {
  const { separator } = definition;
  const text = definition.text.replace(/%([1-9])/g, (_, digit: string) => {
    const level = Number(digit) - 1;
    const format = list.levels[level]?.format ?? 'decimal';
    // A level that has not occurred yet shows the number that it would begin with.
    const number = counters[level] ?? startOf(list, level);
    return formatNumber(number, definition.isLegal && format !== 'none' ? 'decimal' : format);
  });
  return { text, separator };
}

/**
 * Bullets are mostly characters of symbol fonts, in the private use area or standing for another sign: `o`, `§`. Their level shows in
 * nothing but their indent.
 */
function bulletLabel(text: string, level: number): ListLabel {
  const bullet = text.trim();
  const shown = /^[\u2010-\u2015\u2022-\u2043\u25a0-\u27bf*+>-]$/u.test(bullet) ? bullet : '•';
  return { text: '  '.repeat(level) + shown, separator: ' ' };
}
