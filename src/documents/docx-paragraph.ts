import { appendFlat, appendText, createFlatText, flatTextToString, isBlank } from './docx-flat-text.ts';
import type { FlatText, TextBudget } from './docx-flat-text.ts';
import type { ListLabel, ListLabels } from './docx-list-labels.ts';
import type { ListDefinition, Numbering } from './docx-numbering.ts';
import type { ParagraphStyle, StyleSheet } from './docx-styles.ts';
import { toTitle } from './section-title.ts';

/** A paragraph while it is read. */
export type Paragraph = {
  readonly text: FlatText;
  /** Texts of boxes anchored in it; they follow it. */
  readonly boxes: FlatText[];
  styleId: string | null;
  /** 0 to 8, or 9 for body text; null where the style decides. */
  outlineLevel: number | null;
  numId: string | null;
  listLevel: number | null;
  /** Its mark was deleted (tracked): it runs on into the next paragraph. */
  isMarkDeleted: boolean;
};

export const createParagraph = (keepSpans: boolean): Paragraph => ({
  text: createFlatText(keepSpans),
  boxes: [],
  styleId: null,
  outlineLevel: null,
  numId: null,
  listLevel: null,
  isMarkDeleted: false,
});

/** The text of a paragraph whose mark was deleted, to be gone on with: the properties are those of the paragraph that follows. */
export const runOn = ({ text, boxes }: Paragraph, keepSpans: boolean): Paragraph => ({
  ...createParagraph(keepSpans),
  text,
  boxes,
});

export type ParagraphContext = {
  readonly styles: StyleSheet;
  readonly numbering: Numbering;
  readonly labels: ListLabels;
  readonly budget: TextBudget;
};

/** Writes a finished paragraph as one line with its list label, and records it as a heading if it is one. */
export function writeParagraph(target: FlatText, paragraph: Paragraph, context: ParagraphContext): void {
  const { styles, budget } = context;
  const style = styles.resolve(paragraph.styleId);
  const label = labelOf(paragraph, context);
  const hasText = !isBlank(paragraph.text);
  if (hasText || label) {
    const headingLevel = paragraph.outlineLevel === null ? style.headingLevel : headingLevelOf(paragraph.outlineLevel);
    const lead = label ? label.text + label.separator : '';
    if (headingLevel !== null && hasText)
      target.headings.push({
        offset: target.length,
        level: headingLevel,
        title: toTitle(lead + flatTextToString(paragraph.text)),
      });
    if (lead) appendText(target, lead, budget);
    appendFlat(target, paragraph.text);
    appendText(target, '\n', budget);
  } else if (paragraph.boxes.length === 0) writeBlankLine(target, budget);
  for (const box of paragraph.boxes) appendFlat(target, box);
}

/** An outline level as it is stored, from 0, is body text at 9. */
const headingLevelOf = (outlineLevel: number): number | null => (outlineLevel < 9 ? outlineLevel + 1 : null);

/** One blank line stands for any number of empty paragraphs, and none for those at the start. */
function writeBlankLine(target: FlatText, budget: TextBudget): void {
  const end = target.pieces.slice(-2).join('');
  if (end !== '' && !end.endsWith('\n\n')) appendText(target, '\n', budget);
}

function labelOf(paragraph: Paragraph, { styles, numbering, labels }: ParagraphContext): ListLabel | null {
  const style = styles.resolve(paragraph.styleId);
  const numId = paragraph.numId ?? style.numId;
  // 0 takes a paragraph out of the list that its style is in.
  if (numId === null || numId === '0') return null;
  return labels.next(numId, paragraph.listLevel ?? levelOfStyle(style, numbering.list(numId)) ?? 0);
}

/** The level that names the style, or one that it is based on; what a style itself says of its level only counts without such a link. */
function levelOfStyle(
  { chain, level }: Pick<ParagraphStyle, 'chain' | 'level'>,
  list: ListDefinition | null,
): number | null {
  const linked = chain.find((id) => list?.levelOfStyle.has(id));
  return linked === undefined ? level : (list?.levelOfStyle.get(linked) ?? null);
}
