import { describe, expect, it } from 'vitest';
import { newId } from '../../src/ids.ts';
import { localCaller } from '../../src/services/caller.ts';
import { createPassages, storePassages } from '../../src/services/passages.ts';
import { useTestDb } from '../support/services.ts';

describe('passages of a document', () => {
  const db = useTestDb({ poolSize: 2 });

  /** Stores a document of these texts; a search in it. */
  async function store(texts: readonly string[]) {
    const { tenantId } = localCaller;
    const [sessionId, documentId] = [newId('Session'), newId('Document')];
    await db.session.create({ data: { id: sessionId, tenantId, title: 'passages' } });
    const file = { filename: 'a.txt', format: 'TEXT', sizeBytes: 1, sha256: 'x', storageKey: documentId } as const;
    await db.document.create({ data: { ...file, id: documentId, tenantId, sessionId, status: 'READY' } });
    const sections = texts.map((text, ordinal) => ({
      id: newId('Section'),
      tenantId,
      documentId,
      ordinal,
      title: `s${ordinal}`,
      level: 1,
      text,
      wordCount: 1,
      startOffset: 0,
      endOffset: text.length,
    }));
    await db.section.createMany({ data: sections });
    await db.$transaction((transaction) => storePassages(transaction, sections), { timeout: 60_000 });
    const { search } = createPassages({ db });
    const options = { documentId, sectionIds: null, earlier: '', maxCharacters: 48_000 };
    return {
      sections,
      search: (question: string, changes: Partial<Parameters<typeof search>[0]> = {}) =>
        search({ ...options, question, ...changes }),
    };
  }

  const ordinals = (found: readonly { ordinal: number }[]): number[] => found.map(({ ordinal }) => ordinal);
  /** Some 1,600 characters. */
  const filler = (word: string): string => `${word} `.repeat(1_600 / (word.length + 1));

  it('are those with the words of the question, rare words first, in whatever form they stand', async () => {
    const { search } = await store([
      `The agreement. ${filler('agreement')}`,
      `The agreement terminates. ${filler('agreement')}`,
      `Nothing here. ${filler('other')}`,
      `The agreement and notices. ${filler('agreement')}`,
    ]);
    const found = await search('When can the agreement be terminated?', { maxCharacters: 5_000 });
    expect(ordinals(found)[0]).toBe(1);
    expect(ordinals(found)).not.toContain(2);
    expect(found.every(({ total }) => total === 4)).toBe(true);
  });

  it('are all where all fit, and the first ones where none has any of the words', async () => {
    const { search } = await store(['One about fees.', filler('two'), filler('three')]);
    expect(ordinals(await search('Fees?'))).toEqual([0, 1, 2]);
    expect(ordinals(await search('Astronauts?', { maxCharacters: 1_700 }))).toEqual([0, 1]);
    expect(ordinals(await search('?', { maxCharacters: 1_700 }))).toEqual([0, 1]);
    expect(ordinals(await search('Three?', { maxCharacters: 2_500 }))).toEqual([2]);
  });

  it('are of the chosen sections alone, filled up in reading order', async () => {
    const { search, sections } = await store([filler('fee'), filler('two'), filler('three'), filler('fee')]);
    const sectionIds = [2, 1].map((ordinal) => sections[ordinal]?.id ?? '');
    expect(ordinals(await search('The fee of three?', { sectionIds }))).toEqual([2, 1]);
    expect(ordinals(await search('The fee of three?', { sectionIds, maxCharacters: 2_500 }))).toEqual([2]);
  });

  it('are also of what was asked before, but first of what is asked now', async () => {
    const { search } = await store([filler('zebra'), filler('insurance'), filler('other'), filler('penalty')]);
    const found = await search('And the penalty?', { earlier: 'What about insurance?', maxCharacters: 3_500 });
    expect(ordinals(found)).toEqual([3, 1]);
  });

  it('are found in a section of more than a megabyte of different words, and make it up exactly', async () => {
    const words = Array.from({ length: 400_000 }, (_, index) => `w${index.toString(36)}`);
    words[200_000] = 'needle';
    const text = words.join(' ');
    const { search, sections } = await store(['Small.', text]);
    const [best] = await search('Where is the needle?');
    expect(best).toMatchObject({ ordinal: 1, parts: expect.any(Number) });
    expect(best?.text).toContain(' needle ');
    const stored = await db.passage.findMany({
      where: { sectionId: sections[1]?.id ?? '' },
      orderBy: { part: 'asc' },
    });
    expect(stored.map((passage) => passage.text).join('')).toBe(text);
    expect(stored.every((passage) => passage.text.length <= 2_500)).toBe(true);
  });

  it('are found for a question that looks like a query, or like anything else', async () => {
    const { search } = await store([
      `It's C:\\new & "a" | !b <-> 10,000 a@b.example/path?x=1. ${filler('other')}`,
      filler('more'),
    ]);
    for (const question of [
      `It's`,
      `a & (b | !c) <-> 'd' \\`,
      '10,000?',
      'a@b.example/path?x=1',
      '\\\\ \' " :* ',
      '日本語',
    ]) {
      expect({ question, found: (await search(question)).length }).toEqual({ question, found: 2 });
    }
    expect(ordinals(await search('10,000', { maxCharacters: 2_000 }))).toEqual([0]);
  });
});
