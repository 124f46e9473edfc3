import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkQuery, type SignedLink, verifyLink } from '../../src/storage/signed-links.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const links: fc.Arbitrary<SignedLink> = fc.record(
  {
    method: fc.constantFrom('GET' as const, 'PUT' as const),
    key: text,
    expiresAtMs: fc.integer({ min: 1, max: 4e12 }),
    filename: text,
    contentType: text,
    sizeBytes: fc.nat(),
  },
  { requiredKeys: ['method', 'key', 'expiresAtMs'] },
);

const fields = ['method', 'key', 'expiresAtMs', 'filename', 'contentType', 'sizeBytes'] as const;

describe('signed links', () => {
  it('verify as what was signed, until they expire', () => {
    fc.assert(
      fc.property(links, text, (link, secret) => {
        const query = new URLSearchParams(linkQuery(secret, link).toString());
        const request = { method: link.method, key: link.key, query };
        expect(verifyLink(secret, request, link.expiresAtMs - 1)).toEqual({ outcome: 'valid', link });
        expect(verifyLink(secret, request, link.expiresAtMs)).toEqual({ outcome: 'expired' });
      }),
    );
  });

  it('are forged as soon as any part of them says anything else', () => {
    fc.assert(
      fc.property(links, links, fc.constantFrom(...fields), (link, other, field) => {
        const { [field]: _, ...without } = link;
        const changed = (other[field] === undefined ? without : { ...link, [field]: other[field] }) as SignedLink;
        fc.pre(link[field] !== other[field]);
        const query = linkQuery('secret', changed);
        query.set('signature', linkQuery('secret', link).get('signature') ?? '');
        const request = { method: changed.method, key: changed.key, query };
        expect(verifyLink('secret', request, 0)).toEqual({ outcome: 'forged' });
      }),
    );
  });

  it('are forged when they were signed with another secret', () => {
    fc.assert(
      fc.property(links, text, text, (link, one, other) => {
        fc.pre(one !== other);
        expect(verifyLink(one, { ...link, query: linkQuery(other, link) }, 0)).toEqual({ outcome: 'forged' });
      }),
    );
  });

  it.each(['', 'AAAA', 'not base64 ü', 'A'.repeat(43)])('are forged with the signature %j', (signature) => {
    const query = new URLSearchParams({ expires: '9', signature });
    expect(verifyLink('secret', { method: 'GET', key: 'a', query }, 0)).toEqual({ outcome: 'forged' });
    expect(verifyLink('secret', { method: 'GET', key: 'a', query: new URLSearchParams() }, 0).outcome).toBe('forged');
  });
});
