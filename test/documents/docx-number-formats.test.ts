import { expect, test } from 'vitest';
import { formatNumber } from '../../src/documents/docx-number-formats.ts';

test.each([
  ['decimal', [1, 12], ['1', '12']],
  ['decimalZero', [1, 12], ['01', '12']],
  ['lowerLetter', [1, 26, 27, 28, 53], ['a', 'z', 'aa', 'bb', 'aaa']],
  ['upperLetter', [3], ['C']],
  ['lowerRoman', [4, 9, 14, 40, 1999], ['iv', 'ix', 'xiv', 'xl', 'mcmxcix']],
  ['upperRoman', [2026], ['MMXXVI']],
  ['ordinal', [1, 2, 3, 4, 11, 12, 13, 21, 112], ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '112th']],
  [
    'cardinalText',
    [1, 21, 100, 342, 1001],
    ['One', 'Twenty-one', 'One hundred', 'Three hundred forty-two', 'One thousand one'],
  ],
  ['ordinalText', [1, 12, 20, 35, 100], ['First', 'Twelfth', 'Twentieth', 'Thirty-fifth', 'One hundredth']],
  ['hex', [255], ['FF']],
  ['none', [5], ['']],
  ['numberInDash', [2], ['- 2 -']],
  ['decimalEnclosedCircle', [1, 20, 21], ['①', '⑳', '21']],
  ['decimalFullWidth', [10], ['１０']],
  ['russianLower', [3], ['в']],
  ['ideographDigital', [10], ['一〇']],
  [
    'chineseCounting',
    [1, 10, 11, 20, 105, 111, 1010],
    ['一', '十', '十一', '二十', '一百零五', '一百一十一', '一千零一十'],
  ],
  ['japaneseCounting', [11, 105, 111, 1000], ['十一', '百五', '百十一', '千']],
  ['ganada', [2], ['나']],
  ['01, 02, 03, ...', [7], ['07']],
  ['001, 002, 003, ...', [7, 1000], ['007', '1000']],
  ['somethingNew', [7], ['7']],
  ['constructor', [7], ['7']],
])('%s shows %j as %j', (format, values, expected) => {
  expect(values.map((value) => formatNumber(value, format))).toEqual(expected);
});

test.each(['lowerLetter', 'upperRoman', 'cardinalText', 'chineseCounting', 'hex'])(
  '%s stays short for a huge number',
  (format) => {
    expect(formatNumber(999_999_999, format).length).toBeLessThan(40);
  },
);
