import { readdir, readFile } from 'node:fs/promises';

/*
 * What processes use, out of Linux's /proc. The kernel counts CPU in ticks of 10 ms, so only differences of tenths of a second and more say
 * anything.
 */
const ticksPerSecond = 100;

/** Throws on systems without /proc, where nothing here can be measured. */
export function requireProc(): void {
  if (process.platform !== 'linux')
    throw new Error('This benchmark reads CPU time and memory from /proc: run it on Linux.');
}

/** CPU seconds, user and system, of a process and all below it since they started; those that have ended and were waited for included. */
export async function cpuSecondsOfTree(pid: number): Promise<number> {
  const stats = await readAllStats();
  const below = (parent: number): number[] =>
    stats.filter((stat) => stat.parent === parent).flatMap((stat) => [stat.pid, ...below(stat.pid)]);
  const pids = new Set([pid, ...below(pid)]);
  return stats.filter((stat) => pids.has(stat.pid)).reduce((sum, stat) => sum + stat.ticks, 0) / ticksPerSecond;
}

/** Resident memory of one process, without its children, in MB (1,000,000 bytes would be less: these are MiB, as in most tools). */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

type Stat = { readonly pid: number; readonly parent: number; readonly ticks: number };

async function readAllStats(): Promise<Stat[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)));
  return stats.flatMap((stat) => (stat === null ? [] : [parseStat(stat)]));
}

/** The second field, the name, may hold spaces and brackets itself. */
function parseStat(text: string): Stat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [utime, stime, childrenUtime, childrenStime] = fields.slice(11, 15).map(Number);
  return {
    pid: Number.parseInt(text, 10),
    parent: Number(fields[1]),
    ticks: (utime ?? 0) + (stime ?? 0) + (childrenUtime ?? 0) + (childrenStime ?? 0),
  };
}
