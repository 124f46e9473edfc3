import { spawn } from 'node:child_process';

/**
 * Runs a shell script when this process is gone, however it ended: a shell waits on a pipe whose other end only this process holds. The
 * kernel closes it even after `kill -9`. Costs a megabyte, and unlike a poll it is immediate. Returns what calls the guard off.
 */
export function runWhenParentDies(script: string, args: readonly string[]): () => void {
  const guard = spawn('sh', ['-c', `read -r _ && exit 0\n${script}`, 'guard', ...args], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  return () => guard.stdin.end('\n');
}

/** Asks a child, named by its pid, to end when this process is gone, and kills its group when it has not ended after 15 s. */
export function guardChild(pid: number, stopSignal: NodeJS.Signals): () => void {
  const script = `
    kill -s "$2" "$1" 2>/dev/null
    for _ in $(seq 150); do kill -0 "$1" 2>/dev/null || exit 0; sleep 0.1; done
    kill -s KILL -- "-$1"`;
  return runWhenParentDies(script, [String(pid), stopSignal.replace('SIG', '')]);
}
