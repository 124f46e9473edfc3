import { createWriteStream } from 'node:fs';
import { mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

type PartLog = {
  /** One line of the part's output: into its file, and on to the terminal when it matters. */
  readonly write: (line: string) => void;
  close(): Promise<void>;
};

const largestFileBytes = 10 * 1024 * 1024;

/**
 * The log of one part, `<dir>/<part>.log`, kept from run to run; above 10 MB the next run begins a new one and keeps the last. Of the
 * JSON lines of our own processes warnings and errors are shown too, and of theirs whatever is not JSON, such as a crash.
 */
export async function openPartLog(dir: string, part: string, show: ((line: string) => void) | null): Promise<PartLog> {
  await mkdir(dir, { recursive: true });
  const path = join(dir, `${part}.log`);
  const size = await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
  if (size > largestFileBytes) await rename(path, `${path}.1`);
  const file = createWriteStream(path, { flags: 'a' });
  // A full disk must not end what still runs.
  file.on('error', () => undefined);
  return {
    write(line) {
      file.write(`${line}\n`);
      const shown = show === null ? null : toTerminal(line);
      if (shown !== null) show?.(shown);
    },
    close: () => new Promise((resolve) => file.end(resolve)),
  };
}

const shownLevels: readonly unknown[] = ['warn', 'error', 'fatal'];

/** What of a line a person should see; null when nothing. */
export function toTerminal(line: string): string | null {
  const entry = parseObject(line);
  if (entry === null) return line.trim() === '' ? null : line;
  if (!shownLevels.includes(entry['level'])) return null;
  const { err } = entry;
  const cause = typeof err === 'object' && err !== null && 'message' in err ? `: ${String(err.message)}` : '';
  const message = typeof entry['msg'] === 'string' ? entry['msg'] : '';
  return `${String(entry['level'])}: ${message}${cause}`;
}

function parseObject(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}
