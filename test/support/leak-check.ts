// What a part of ours can leave behind. Pipes belong to the test runner.
const kinds = ['TCPSocketWrap', 'TCPServerWrap', 'ProcessWrap', 'Timeout'] as const;

type OpenResources = Record<(typeof kinds)[number], number>;

function openResources(): OpenResources {
  const open = process.getActiveResourcesInfo();
  const count = (kind: string): number => open.filter((name) => name === kind).length;
  return {
    TCPSocketWrap: count(kinds[0]),
    TCPServerWrap: count(kinds[1]),
    ProcessWrap: count(kinds[2]),
    Timeout: count(kinds[3]),
  };
}

/**
 * Remembers what is open now. The answer, called in the same kind of hook at the end, throws while more sockets, servers, processes or timers
 * are, for ten seconds: connections that `fetch` keeps for reuse close some time after their last use.
 */
export function watchForLeaks(): () => Promise<void> {
  const before = openResources();
  return async () => {
    const above = (): string[] => {
      const now = openResources();
      return kinds
        .filter((kind) => now[kind] > before[kind])
        .map((kind) => `${now[kind]} ${kind}, were ${before[kind]}`);
    };
    for (let round = 0; above().length > 0; round += 1) {
      if (round === 100) throw new Error(`Left open: ${above().join('; ')}.`);
      // Not a ref'd timer, which would be counted.
      await new Promise((resolve) => setTimeout(resolve, 100).unref());
    }
  };
}
