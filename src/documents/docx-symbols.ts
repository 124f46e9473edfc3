/**
 * Characters of symbol fonts that carry meaning in a reviewed text: boxes that are ticked or not, comparisons, arrows. Word stores them
 * by their place in the font, from U+F000 on.
 */
const symbolFonts: ReadonlyMap<string, ReadonlyMap<number, string>> = new Map([
  [
    'wingdings',
    new Map([
      [0x6c, '●'],
      [0x6e, '■'],
      [0x6f, '☐'],
      [0x71, '☐'],
      [0x75, '◆'],
      [0x76, '❖'],
      [0x78, '☒'],
      [0x9f, '•'],
      [0xa7, '▪'],
      [0xa8, '☐'],
      [0xd8, '➢'],
      [0xdf, '←'],
      [0xe0, '→'],
      [0xe8, '➔'],
      [0xf0, '⇨'],
      [0xfb, '✗'],
      [0xfc, '✓'],
      [0xfd, '☒'],
      [0xfe, '☑'],
    ]),
  ],
  [
    'wingdings 2',
    new Map([
      [0x4f, '✗'],
      [0x50, '✓'],
      [0x51, '☒'],
      [0x52, '☑'],
      [0x53, '☒'],
      [0x54, '☒'],
      [0xa3, '☐'],
    ]),
  ],
  [
    'symbol',
    new Map([
      [0xa3, '≤'],
      [0xa5, '∞'],
      [0xae, '→'],
      [0xb0, '°'],
      [0xb1, '±'],
      [0xb3, '≥'],
      [0xb4, '×'],
      [0xb7, '•'],
      [0xb8, '÷'],
      [0xb9, '≠'],
      [0xbb, '≈'],
      [0xd2, '®'],
      [0xd3, '©'],
      [0xd4, '™'],
      [0xe5, '∑'],
    ]),
  ],
]);

/** Greek as the Symbol font has it, from `A` and from `a` on. */
const symbolGreek = ['ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ', 'αβχδεφγηιϕκλμνοπθρστυϖωξψζ'];

/** The character of a `w:sym`; U+FFFD for one that is not known, so that it is seen that something stands there. */
export function symbolOf(font: string, hex: string): string {
  if (!/^[0-9a-f]{1,6}$/i.test(hex)) return '';
  const stored = Number.parseInt(hex, 16);
  const code = stored >= 0xf000 && stored <= 0xf0ff ? stored - 0xf000 : stored;
  const name = font.toLowerCase();
  const known = symbolFonts.get(name)?.get(code);
  if (known) return known;
  if (name === 'symbol' && code < 0x80) return symbolLetter(code);
  if (name.startsWith('wingdings') || name === 'webdings') return '\ufffd';
  const isCharacter = code >= 0x20 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return isCharacter && !(code >= 0xe000 && code <= 0xf8ff) ? String.fromCodePoint(code) : '\ufffd';
}

function symbolLetter(code: number): string {
  const character = String.fromCharCode(code);
  if (/[A-Z]/.test(character)) return symbolGreek[0]?.[code - 0x41] ?? character;
  if (/[a-z]/.test(character)) return symbolGreek[1]?.[code - 0x61] ?? character;
  return code >= 0x20 ? character : '';
}
