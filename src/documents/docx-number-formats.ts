/** Renders a list number in one of the formats of OOXML's ST_NumberFormat. Formats that few use fall back to decimal. */
export function formatNumber(value: number, format: string): string {
  const custom = customFormat.exec(format);
  if (custom) return String(value).padStart(format.split(',')[0]?.trim().length ?? 1, '0');
  return (formatters.get(format) ?? String)(value);
}

/** Word's own formats beyond the standard, written as `01, 02, 03, ...`. */
const customFormat = /^0*1\s*,/;

const romanDigits: readonly (readonly [number, string])[] = [
  [1000, 'm'],
  [900, 'cm'],
  [500, 'd'],
  [400, 'cd'],
  [100, 'c'],
  [90, 'xc'],
  [50, 'l'],
  [40, 'xl'],
  [10, 'x'],
  [9, 'ix'],
  [5, 'v'],
  [4, 'iv'],
  [1, 'i'],
];

function roman(value: number): string {
  // Word goes no further than 32,767; a hostile start value must not make a long text.
  if (value < 1 || value > 32_767) return String(value);
  let rest = value;
  let text = '';
  for (const [size, digits] of romanDigits)
    while (rest >= size) {
      text += digits;
      rest -= size;
    }
  return text;
}

/** a, b, … z, aa, bb, … as Word counts (not aa, ab). */
function letters(value: number, alphabet: string): string {
  const symbols = Array.from(alphabet);
  const repeats = Math.ceil(value / symbols.length);
  if (value < 1 || repeats > 30) return String(value);
  return (symbols[(value - 1) % symbols.length] ?? '').repeat(repeats);
}

function ordinal(value: number): string {
  const tens = value % 100;
  if (tens >= 11 && tens <= 13) return `${value}th`;
  return `${value}${['th', 'st', 'nd', 'rd'][value % 10] ?? 'th'}`;
}

const small =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = 'zero ten twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const irregularOrdinals: Readonly<Record<string, string>> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  eight: 'eighth',
  nine: 'ninth',
  twelve: 'twelfth',
};

function inWords(value: number): string {
  if (value < 0 || value > 9_999) return String(value);
  if (value < 20) return small[value] ?? '';
  if (value < 100) return `${tens[Math.floor(value / 10)]}${value % 10 ? `-${small[value % 10]}` : ''}`;
  const [size, name] = value < 1_000 ? ([100, 'hundred'] as const) : ([1_000, 'thousand'] as const);
  return `${inWords(Math.floor(value / size))} ${name}${value % size ? ` ${inWords(value % size)}` : ''}`;
}

function ordinalInWords(value: number): string {
  return inWords(value).replace(/[a-z]+$/, (last) => {
    const irregular = irregularOrdinals[last];
    if (irregular) return irregular;
    return last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`;
  });
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const cjkDigits = Array.from('〇一二三四五六七八九');
const cjkDigitwise = (value: number): string =>
  String(value).replace(/\d/g, (digit) => cjkDigits[Number(digit)] ?? digit);

/**
 * 十一, 二十, 一百零五: what Chinese and Japanese lists show up to 9,999. `zero` stands for a skipped place; without one, as in
 * Japanese, a single hundred is 百 and not 一百.
 */
function cjkCounting(value: number, zero: string): string {
  if (value < 1 || value > 9_999) return cjkDigitwise(value);
  let text = '';
  let skipped = false;
  for (const [index, digit] of Array.from(String(value).padStart(4, '0')).entries()) {
    if (digit === '0') {
      skipped = text !== '';
      continue;
    }
    const isBareOne = digit === '1' && index < 3 && (zero === '' || (index === 2 && text === ''));
    text += `${skipped ? zero : ''}${isBareOne ? '' : cjkDigits[Number(digit)]}${['千', '百', '十', ''][index]}`;
    skipped = false;
  }
  return text;
}

/** Enclosed forms exist up to a limit. */
const enclosed = (first: number, count: number) => (value: number) =>
  value >= 1 && value <= count ? String.fromCodePoint(first + value - 1) : String(value);

const fullWidth = (value: number): string =>
  String(value).replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));

const chinese = (value: number): string => cjkCounting(value, '零');

const formatters: ReadonlyMap<string, (value: number) => string> = new Map(
  Object.entries<(value: number) => string>({
    none: () => '',
    decimalZero: (value) => String(value).padStart(2, '0'),
    upperRoman: (value) => roman(value).toUpperCase(),
    lowerRoman: roman,
    upperLetter: (value) => letters(value, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'),
    lowerLetter: (value) => letters(value, 'abcdefghijklmnopqrstuvwxyz'),
    russianUpper: (value) => letters(value, 'АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЫЭЮЯ'),
    russianLower: (value) => letters(value, 'абвгдежзиклмнопрстуфхцчшщыэюя'),
    ordinal,
    cardinalText: (value) => capitalised(inWords(value)),
    ordinalText: (value) => capitalised(ordinalInWords(value)),
    hex: (value) => value.toString(16).toUpperCase(),
    numberInDash: (value) => `- ${value} -`,
    decimalFullWidth: fullWidth,
    decimalFullWidth2: fullWidth,
    decimalEnclosedCircle: enclosed(0x2460, 20),
    decimalEnclosedCircleChinese: enclosed(0x2460, 20),
    decimalEnclosedParen: enclosed(0x2474, 20),
    decimalEnclosedFullstop: enclosed(0x2488, 20),
    ideographDigital: cjkDigitwise,
    japaneseDigitalTenThousand: cjkDigitwise,
    taiwaneseDigital: cjkDigitwise,
    koreanDigital2: cjkDigitwise,
    chineseCounting: chinese,
    chineseCountingThousand: chinese,
    taiwaneseCounting: chinese,
    taiwaneseCountingThousand: chinese,
    japaneseCounting: (value) => cjkCounting(value, ''),
    ideographTraditional: (value) => letters(value, '甲乙丙丁戊己庚辛壬癸'),
    ideographZodiac: (value) => letters(value, '子丑寅卯辰巳午未申酉戌亥'),
    aiueoFullWidth: (value) =>
      letters(value, 'アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン'),
    irohaFullWidth: (value) =>
      letters(
        value,
        'イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセスン',
      ),
    ganada: (value) => letters(value, '가나다라마바사아자차카타파하'),
  }),
);
