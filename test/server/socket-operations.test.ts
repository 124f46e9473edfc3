import { describe, expect, it } from 'vitest';
import { createSocketOperations } from '../../src/server/socket-operations.ts';

/** Operations that end when they are told to, or at the `complete` of their client. */
function open(limits: { operations?: number; characters?: number } = {}) {
  const carriedOut: string[] = [];
  const ends: (() => void)[] = [];
  const operations = createSocketOperations({ operations: 10, characters: 1_000, ...limits }, async (message) => {
    carriedOut.push(message);
    if (message.startsWith('subscribe')) await new Promise<void>((resolve) => ends.push(resolve));
  });
  return {
    operations,
    carriedOut,
    async endNext() {
      ends.shift()?.();
      await new Promise(setImmediate);
    },
  };
}

describe('operations with the same id', () => {
  it('run one after another: behind a complete the next one waits until the one before has ended', async () => {
    const { operations, carriedOut, endNext } = open();
    expect(operations.subscribe('1', 'subscribe a')).toBeNull();
    operations.complete('1', 'complete a');
    expect(operations.subscribe('1', 'subscribe b')).toBeNull();
    expect(carriedOut).toEqual(['subscribe a', 'complete a']);
    await endNext();
    expect(carriedOut).toEqual(['subscribe a', 'complete a', 'subscribe b']);
  });

  it('do not wait for another id', () => {
    const { operations, carriedOut } = open();
    operations.subscribe('1', 'subscribe a');
    operations.complete('1', 'complete a');
    operations.subscribe('2', 'subscribe b');
    expect(carriedOut).toContain('subscribe b');
  });

  it('never run where the complete comes while they wait, however often', async () => {
    const { operations, carriedOut, endNext } = open();
    operations.subscribe('1', 'subscribe a');
    operations.complete('1', 'complete a');
    for (let round = 0; round < 100; round += 1) {
      expect(operations.subscribe('1', 'subscribe b')).toBeNull();
      operations.complete('1', 'complete b');
    }
    await endNext();
    expect(carriedOut).toEqual(['subscribe a', 'complete a']);
    expect(operations.subscribe('1', 'subscribe c')).toBeNull();
    expect(carriedOut.at(-1)).toBe('subscribe c');
  });

  it('are refused while one runs that was not told to end, or while another one waits', () => {
    const { operations } = open();
    operations.subscribe('1', 'subscribe a');
    expect(operations.subscribe('1', 'subscribe b')).toBe('id in use');
    operations.complete('1', 'complete a');
    expect(operations.subscribe('1', 'subscribe c')).toBeNull();
    expect(operations.subscribe('1', 'subscribe d')).toBe('id in use');
  });

  it('may begin as soon as the end of the one before is being sent', async () => {
    const { operations, carriedOut, endNext } = open();
    operations.subscribe('1', 'subscribe a');
    operations.ending('1');
    expect(operations.subscribe('1', 'subscribe b')).toBeNull();
    await endNext();
    expect(carriedOut).toEqual(['subscribe a', 'subscribe b']);
  });
});

describe('operations of one socket', () => {
  it('are refused above the limit', async () => {
    const { operations, endNext } = open({ operations: 2 });
    for (const id of ['1', '2']) expect(operations.subscribe(id, `subscribe ${id}`)).toBeNull();
    expect(operations.subscribe('3', 'subscribe 3')).toBe('too many');
    await endNext();
    expect(operations.subscribe('3', 'subscribe 3')).toBeNull();
    expect(operations.subscribe('4', 'subscribe 4')).toBe('too many');
  });

  it('wait for those that were completed and have yet to end, so that no more run than the limit', async () => {
    const { operations, carriedOut, endNext } = open({ operations: 2 });
    for (const id of ['1', '2']) {
      operations.subscribe(id, `subscribe ${id}`);
      operations.complete(id, `complete ${id}`);
    }
    for (const id of ['3', '4']) expect(operations.subscribe(id, `subscribe ${id}`)).toBeNull();
    expect(operations.subscribe('5', 'subscribe 5')).toBe('too many');
    expect(carriedOut).toEqual(['subscribe 1', 'complete 1', 'subscribe 2', 'complete 2']);
    await endNext();
    expect(carriedOut.slice(4)).toEqual(['subscribe 3']);
    await endNext();
    expect(carriedOut.slice(4)).toEqual(['subscribe 3', 'subscribe 4']);
  });

  it('hold messages of so many characters together, those that wait among them', async () => {
    const { operations, endNext } = open({ characters: 30 });
    operations.subscribe('1', 'subscribe a');
    operations.complete('1', 'complete a');
    operations.subscribe('1', 'subscribe b');
    expect(operations.subscribe('2', 'subscribe c')).toBe('too large');
    await endNext();
    expect(operations.subscribe('2', 'subscribe c')).toBeNull();
    operations.complete('2', 'complete c');
    expect(operations.subscribe('2', 'subscribe d')).toBe('too large');
    await endNext();
    expect(operations.subscribe('2', 'subscribe d')).toBeNull();
  });
});
