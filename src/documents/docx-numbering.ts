import { isOn, toLevel, type StyleSheet } from './docx-styles.ts';
import type { XmlAttributes, XmlHandlers } from './docx-xml.ts';

/** One level of a list as numbering.xml defines it. */
export type ListLevel = {
  readonly start: number;
  /** A member of ST_NumberFormat, or a custom format such as `001, 002, 003, ...`. */
  readonly format: string;
  /** With `%1` to `%9` for the numbers of the levels: `%1.%2.`. */
  readonly text: string;
  readonly separator: string;
  /** The level is restarted by levels up to this one, counted from 1; 0 for never, null for any higher level. */
  readonly restartAfter: number | null;
  /** Numbers of higher levels are shown in decimal ("legal numbering"). */
  readonly isLegal: boolean;
};

export type ListDefinition = {
  /** Lists with the same one share their counters. */
  readonly countersId: string;
  readonly levels: readonly (ListLevel | undefined)[];
  /** Start values given to this list alone, by level: the first use of the level begins there. */
  readonly startOverrides: ReadonlyMap<number, number>;
  /** The level to which a paragraph style is linked. */
  readonly levelOfStyle: ReadonlyMap<string, number>;
};

export type Numbering = { list(numId: string): ListDefinition | null };

type LevelDraft = { -readonly [K in keyof ListLevel]: ListLevel[K] } & { isFormatSet: boolean };
type AbstractList = {
  readonly id: string;
  readonly levels: (LevelDraft | undefined)[];
  readonly levelOfStyle: Map<string, number>;
  /** The definition is that of this list style. */
  numStyleLink: string | null;
};
type ListInstance = {
  abstractId: string;
  readonly startOverrides: Map<number, number>;
  readonly levels: (LevelDraft | undefined)[];
};

const newLevel = (): LevelDraft => ({
  start: 1,
  format: 'decimal',
  text: '',
  separator: ' ',
  restartAfter: null,
  isLegal: false,
  isFormatSet: false,
});

const toNumber = (value: string, fallback: number): number => (/^\d{1,9}$/.test(value) ? Number(value) : fallback);

/** Handlers for numbering.xml and the lists that they fill. `styles` must be complete before the first list is asked for. */
export function createNumbering(styles: StyleSheet): { handlers: XmlHandlers; numbering: Numbering } {
  const abstracts = new Map<string, AbstractList>();
  const instances = new Map<string, ListInstance>();
  let abstract: AbstractList | null = null;
  let instance: ListInstance | null = null;
  let index: number | null = null;
  let level: LevelDraft | null = null;

  const openers: Readonly<Record<string, (attributes: XmlAttributes, value: string) => void>> = {
    'w:abstractNum': (attributes) => {
      const id = attributes['w:abstractNumId'] ?? '';
      abstract = { id, levels: [], levelOfStyle: new Map(), numStyleLink: null };
      abstracts.set(id, abstract);
    },
    'w:numStyleLink': (_, value) => {
      if (abstract) abstract.numStyleLink = value;
    },
    'w:num': (attributes) => {
      instance = { abstractId: '', startOverrides: new Map(), levels: [] };
      instances.set(attributes['w:numId'] ?? '', instance);
    },
    'w:abstractNumId': (_, value) => {
      if (instance) instance.abstractId = value;
    },
    'w:lvlOverride': (attributes) => {
      index = toLevel(attributes['w:ilvl'] ?? '');
    },
    'w:startOverride': (_, value) => {
      if (instance && index !== null) instance.startOverrides.set(index, toNumber(value, 1));
    },
    'w:lvl': (attributes) => {
      index = toLevel(attributes['w:ilvl'] ?? '');
      level = newLevel();
      const owner = instance ?? abstract;
      if (owner && index !== null) owner.levels[index] = level;
    },
    'w:pStyle': (_, value) => {
      if (abstract && level && index !== null) abstract.levelOfStyle.set(value, index);
    },
  };
  const levelOpeners: Readonly<Record<string, (level: LevelDraft, value: string, attributes: XmlAttributes) => void>> =
    {
      'w:start': (draft, value) => (draft.start = toNumber(value, 1)),
      'w:numFmt': (draft, value, attributes) => {
        // A custom format comes first, with a standard one behind it for programs that do not know it.
        if (draft.isFormatSet) return;
        draft.isFormatSet = true;
        draft.format = value === 'custom' ? (attributes['w:format'] ?? 'decimal') : value;
      },
      'w:lvlText': (draft, value) => (draft.text = value),
      'w:suff': (draft, value) => (draft.separator = value === 'nothing' ? '' : ' '),
      'w:lvlRestart': (draft, value) => (draft.restartAfter = toNumber(value, 0)),
      'w:isLgl': (draft, _, attributes) => (draft.isLegal = isOn(attributes['w:val'] ?? 'true')),
    };

  const open = (name: string, attributes: XmlAttributes) => {
    const value = attributes['w:val'] ?? '';
    if (Object.hasOwn(openers, name)) openers[name]?.(attributes, value);
    else if (level && Object.hasOwn(levelOpeners, name)) levelOpeners[name]?.(level, value, attributes);
  };
  const close = (name: string) => {
    if (name === 'w:lvl') level = null;
    else if (name === 'w:abstractNum') abstract = null;
    else if (name === 'w:num') instance = null;
  };

  const lists = new Map<string, ListDefinition | null>();
  const list = (numId: string): ListDefinition | null => {
    const known = lists.get(numId);
    if (known !== undefined) return known;
    const found = resolveList(numId, instances, abstracts, styles);
    lists.set(numId, found);
    return found;
  };
  return { handlers: { open, close }, numbering: { list } };
}

function resolveList(
  numId: string,
  instances: ReadonlyMap<string, ListInstance>,
  abstracts: ReadonlyMap<string, AbstractList>,
  styles: StyleSheet,
): ListDefinition | null {
  const instance = instances.get(numId);
  let abstract = abstracts.get(instance?.abstractId ?? '');
  if (!instance || !abstract) return null;
  if (abstract.numStyleLink !== null) {
    const linked = instances.get(styles.numIdOfListStyle(abstract.numStyleLink) ?? '');
    abstract = abstracts.get(linked?.abstractId ?? '') ?? abstract;
  }
  return {
    countersId: abstract.id,
    levels: Array.from({ length: 9 }, (_, index) => instance.levels[index] ?? abstract.levels[index]),
    startOverrides: instance.startOverrides,
    levelOfStyle: abstract.levelOfStyle,
  };
}
