import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attachmentDisposition } from '../../src/storage/content-disposition.ts';

describe('attachmentDisposition', () => {
  it.each([
    ['report.pdf', `attachment; filename="report.pdf"; filename*=UTF-8''report.pdf`],
    ["it's (1)*.txt", `attachment; filename="it's (1)*.txt"; filename*=UTF-8''it%27s%20%281%29%2A.txt`],
    ['a"b\\c/d%41.txt', `attachment; filename="a_b_c_d_41.txt"; filename*=UTF-8''a%22b_c_d%2541.txt`],
    ['naïve.txt', `attachment; filename="na_ve.txt"; filename*=UTF-8''na%C3%AFve.txt`],
    ['x\r\nset-cookie: a', `attachment; filename="x__set-cookie: a"; filename*=UTF-8''x__set-cookie%3A%20a`],
    ['gpj.\u202Efdp.exe', `attachment; filename="gpj._fdp.exe"; filename*=UTF-8''gpj._fdp.exe`],
    ['\uD800.txt', `attachment; filename="_.txt"; filename*=UTF-8''_.txt`],
  ])('writes %j safely', (filename, expected) => {
    expect(attachmentDisposition(filename)).toBe(expected);
  });

  it('is one well-formed header whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (filename) => {
        expect(attachmentDisposition(filename)).toMatch(
          /^attachment; filename="[ !#$&-[\]-~]*"; filename\*=UTF-8''(?:[\w!#$&+.^`|~-]|%[0-9A-F]{2})*$/,
        );
      }),
    );
  });
});
