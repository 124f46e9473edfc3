import type { XmlAttributes, XmlHandlers } from './docx-xml.ts';

/** Where a paragraph stands in a list, as far as it is said; a style may give the list and a paragraph only the level. */
type NumberingReference = { readonly numId: string | null; readonly level: number | null };

export type ParagraphStyle = NumberingReference & {
  /** Ids of the style and of those that it is based on, nearest first. */
  readonly chain: readonly string[];
  /** 1 to 9; null for what is no heading. */
  readonly headingLevel: number | null;
};

export type StyleSheet = {
  /** A style id that is not known, or null for no style, gives the default style. */
  resolve(styleId: string | null): ParagraphStyle;
  /** The numbering that a list style stands for. */
  numIdOfListStyle(styleId: string): string | null;
};

type StyleRecord = {
  readonly id: string;
  name: string;
  basedOn: string | null;
  /** 0 to 8, or 9 for body text; null where the style does not say. */
  outlineLevel: number | null;
  numId: string | null;
  level: number | null;
};

/**
 * Word keeps the English names of its own styles in every language and translates only their ids; other programs write translated
 * names too.
 */
const headingWords = [
  'heading|überschrift|uberschrift|titre|título|titulo|titolo|kop|rubrik|overskrift|otsikko|nagłówek|naglowek|nadpis|naslov|címsor|cimsor',
  'başlık|baslik|antraštė|virsraksts|pealkiri|titlu|fyrirsögn|tiêu đề|tajuk|judul|заголовок|заглавие|заглавље|επικεφαλίδα|כותרת|عنوان',
  '标题|標題|見出し|제목|หัวเรื่อง|शीर्षक',
].join('|');
const headingName = new RegExp(`^(?:${headingWords})\\s*([1-9])$`, 'iu');

function levelOfName(name: string): number | null {
  const match = headingName.exec(name.normalize('NFC').trim());
  if (match) return Number(match[1]);
  return name.toLowerCase() === 'title' ? 1 : null;
}

/** Handlers for styles.xml and the sheet that they fill. */
export function createStyleSheet(): { handlers: XmlHandlers; sheet: StyleSheet } {
  const records = new Map<string, StyleRecord>();
  const resolved = new Map<string | null, ParagraphStyle>();
  let defaultId: string | null = null;
  const path: string[] = [];
  let style: StyleRecord | null = null;

  const open = (name: string, attributes: XmlAttributes) => {
    path.push(name);
    const value = attributes['w:val'] ?? '';
    if (name === 'w:style' && path.length === 2) {
      const type = attributes['w:type'] ?? 'paragraph';
      if (type !== 'paragraph' && type !== 'numbering') return;
      const id = attributes['w:styleId'] ?? '';
      style = { id, name: '', basedOn: null, outlineLevel: null, numId: null, level: null };
      records.set(id, style);
      if (type === 'paragraph' && isOn(attributes['w:default'])) defaultId = id;
    }
    // Deeper ones belong to parts of tables or to earlier versions of the style (tracked changes).
    else if (style && path.length === 3) {
      if (name === 'w:name') style.name = value;
      else if (name === 'w:basedOn') style.basedOn = value;
    } else if (style && path.length === 4 && name === 'w:outlineLvl') style.outlineLevel = toLevel(value);
    else if (style && path.length === 5 && path[3] === 'w:numPr') {
      if (name === 'w:numId') style.numId = value;
      else if (name === 'w:ilvl') style.level = toLevel(value);
    }
  };
  const close = () => {
    path.pop();
    if (path.length === 1) style = null;
  };

  const resolve = (styleId: string | null): ParagraphStyle => {
    const known = resolved.get(styleId);
    if (known) return known;
    const result = resolveChain(chainOf(records, styleId, defaultId));
    resolved.set(styleId, result);
    return result;
  };
  return {
    handlers: { open, close },
    sheet: { resolve, numIdOfListStyle: (id) => records.get(id)?.numId ?? null },
  };
}

/** The style and those it is based on, nearest first. */
function chainOf(
  records: ReadonlyMap<string, StyleRecord>,
  styleId: string | null,
  defaultId: string | null,
): StyleRecord[] {
  // Without its definition, an id is all there is to go by: `Heading1`.
  const unknown = (id: string): StyleRecord[] => [
    { id, name: id, basedOn: null, outlineLevel: null, numId: null, level: null },
  ];
  if (styleId !== null && !records.has(styleId)) return unknown(styleId);
  const chain = new Set<StyleRecord>();
  let record = records.get(styleId ?? defaultId ?? '');
  while (record && !chain.has(record)) {
    chain.add(record);
    record = records.get(record.basedOn ?? '');
  }
  return [...chain];
}

function resolveChain(chain: readonly StyleRecord[]): ParagraphStyle {
  return {
    chain: chain.map((record) => record.id),
    headingLevel: headingLevelOf(chain),
    numId: chain.find((record) => record.numId !== null)?.numId ?? null,
    level: chain.find((record) => record.level !== null)?.level ?? null,
  };
}

function headingLevelOf(chain: readonly StyleRecord[]): number | null {
  for (const { outlineLevel, name } of chain) {
    // 9 says that the style is body text, whatever it is based on: `TOC Heading` is one.
    if (outlineLevel !== null) return outlineLevel < 9 ? outlineLevel + 1 : null;
    const named = levelOfName(name);
    if (named !== null) return named;
  }
  return null;
}

/** 0 to 9; null for anything else. */
export function toLevel(value: string): number | null {
  return /^[0-9]$/.test(value) ? Number(value) : null;
}

/** OOXML's booleans: the mere element or attribute means true. */
export const isOn = (value: string | undefined): boolean => value !== undefined && !/^(?:0|false|off)$/i.test(value);
