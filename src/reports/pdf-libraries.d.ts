/* What is used of libraries that bring no types. */

declare module 'subset-font' {
  type Options = {
    readonly targetFormat: 'sfnt' | 'truetype' | 'woff' | 'woff2';
    readonly variationAxes?: Readonly<Record<string, number>>;
  };
  /** The font with only what it needs to show the text, made static at the given axes. */
  export default function subsetFont(font: Buffer, text: string, options: Options): Promise<Buffer>;
}

declare module 'linebreak' {
  type Break = { readonly position: number; readonly required: boolean };
  /** Where lines may end, by UAX #14. */
  export default class LineBreaker {
    constructor(text: string);
    nextBreak(): Break | null;
  }
}

declare module 'bidi-js' {
  type Levels = { readonly levels: Uint8Array; readonly paragraphs: readonly { readonly level: number }[] };
  type Bidi = {
    getEmbeddingLevels(text: string, direction?: 'ltr' | 'rtl' | 'auto'): Levels;
    /** Ranges to reverse one after the other; both ends are part of them, as `end` is. */
    getReorderSegments(
      text: string,
      levels: Levels,
      start: number,
      end: number,
    ): readonly (readonly [number, number])[];
    getMirroredCharacter(character: string): string | null;
  };
  export default function bidiFactory(): Bidi;
}

declare module 'fontkit' {
  /** @throws Error for a file that is no font; `characterSet` for a font without characters. */
  export function create(font: Buffer): { readonly characterSet: readonly number[] };
}
