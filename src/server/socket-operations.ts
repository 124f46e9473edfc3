/** Why an operation is not taken. */
export type Refusal = 'id in use' | 'too many' | 'too large';

type Limits = {
  /** That run at once, and that clients may have begun and not completed. */
  readonly operations: number;
  /** Characters of their messages, which last as long as they do. */
  readonly characters: number;
};

export type SocketOperations = ReturnType<typeof createSocketOperations>;

/**
 * The operations of one socket. One waits, runs (from `carryOut` of its message to the end of that, when nothing of it is left), and before
 * its end may be ending, for long where it has to read something: its client has completed it, or is being told of its end.
 *
 * - Of each id one runs and one waits, at most. graphql-ws forgets an operation at its `complete`, and takes one that is ending for the next
 *   one with the same id; so that waits until the one before has ended.
 * - No more run than the limit, those that are ending among them. These do not count against the client, though: what it begins in their
 *   place waits for it.
 */
export function createSocketOperations(limits: Limits, carryOut: (message: string) => Promise<void>) {
  const running = new Map<string, { isEnding: boolean }>();
  const waiting = new Map<string, string>();
  let endingCount = 0;
  let characters = 0;

  async function run(id: string, message: string): Promise<void> {
    const operation = { isEnding: false };
    running.set(id, operation);
    await carryOut(message);
    running.delete(id);
    characters -= message.length;
    if (operation.isEnding) endingCount -= 1;
    runWaiting();
  }

  function runWaiting(): void {
    for (const [id, message] of waiting) {
      if (running.size >= limits.operations) return;
      if (running.has(id)) continue;
      waiting.delete(id);
      void run(id, message);
    }
  }

  /** Whether that is new. Also called when its end is sent: the client may use the id again before all of that is written. */
  function ending(id: string): boolean {
    const operation = running.get(id);
    if (!operation || operation.isEnding) return false;
    operation.isEnding = true;
    endingCount += 1;
    return true;
  }

  return {
    /** Null when it is taken. */
    subscribe(id: string, message: string): Refusal | null {
      const before = running.get(id);
      if (waiting.has(id) || (before && !before.isEnding)) return 'id in use';
      if (running.size - endingCount + waiting.size >= limits.operations) return 'too many';
      if (characters + message.length > limits.characters) return 'too large';
      characters += message.length;
      if (before || running.size >= limits.operations) waiting.set(id, message);
      else void run(id, message);
      return null;
    },

    complete(id: string, message: string): void {
      characters -= waiting.get(id)?.length ?? 0;
      if (!waiting.delete(id) && ending(id)) void carryOut(message);
    },

    ending,
  };
}
