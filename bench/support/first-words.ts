import type { Received } from './client.ts';
import type { Table } from './result.ts';
import { median, overRuns, quantile } from './statistics.ts';

/** How one review or answer came to its first words. */
export type Sample = {
  /** From the mutation to the first ThinkingDelta at the client. */
  readonly wholeMs: number;
  /** The simulator's first token when it is asked for the same directly, in turns with the samples. */
  readonly directMs: number;
  /** Each stage of the way from the one before. The events' own times are whole milliseconds. */
  readonly stageMs: ReadonlyMap<string, number>;
};

/** What stands at the end of each stage, in order: the type of an event, `received` (its first words are at the client), or another moment. */
export type Stages = Readonly<Record<string, string>>;

/** `moments` are those of stages that no event tells of, in ms since 1970. */
export function sampleOf(of: {
  readonly stages: Stages;
  readonly events: readonly Received[];
  readonly sentMs: number;
  readonly directMs: number;
  readonly moments?: Readonly<Record<string, number>>;
}): Sample {
  const { atMs: receivedMs } = firstOf(of.events, 'ThinkingDelta');
  const moments: Readonly<Record<string, number>> = { received: receivedMs, ...of.moments };
  let beforeMs = of.sentMs;
  const stageMs = new Map<string, number>();
  for (const stage of Object.keys(of.stages)) {
    const atMs = moments[stage] ?? Date.parse(firstOf(of.events, stage).event.at);
    stageMs.set(stage, atMs - beforeMs);
    beforeMs = atMs;
  }
  return { wholeMs: receivedMs - of.sentMs, directMs: of.directMs, stageMs };
}

function firstOf(events: readonly Received[], type: string): Received {
  const found = events.find(({ event }) => event.__typename === type);
  if (!found) throw new Error(`It went without ${type}.`);
  return found;
}

const ms = (value: number): string => value.toFixed(1);

type Words = { readonly title: string; readonly sent: string; readonly aim: string; readonly stages: Stages };

/** How soon the first words were there, and where the time went; medians over the runs. */
export function firstWordsTables(runs: readonly (readonly Sample[])[], { title, sent, aim, stages }: Words): Table[] {
  const row = (
    name: string,
    shares: readonly number[],
    of: (run: readonly Sample[]) => readonly number[],
  ): string[] => [
    name,
    ...shares.map((share) =>
      overRuns(
        runs.map((run) => quantile(of(run), share)),
        ms,
      ),
    ),
  ];
  const wholeMs = (run: readonly Sample[]): number[] => run.map((sample) => sample.wholeMs);
  const directMs = (run: readonly Sample[]): number[] => run.map((sample) => sample.directMs);
  const words = [0.5, 0.95, 0.99];
  return [
    {
      title: `${title}, ms: medians over the runs (least–greatest)`,
      columns: ['', 'p50', 'p95', 'p99'],
      rows: [
        row(`${sent} sent → first ThinkingDelta at the client`, words, wholeMs),
        row('the simulator alone, asked with the AWS client → first token', words, directMs),
        row(`the first less the simulator's p50 (aim: ${aim})`, words, (run) => {
          const own = median(directMs(run));
          return wholeMs(run).map((value) => value - own);
        }),
      ],
    },
    {
      title: 'Where the time to the first words goes, ms',
      columns: ['', 'p50', 'p95'],
      rows: Object.entries(stages).map(([stage, name]) =>
        row(name, [0.5, 0.95], (run) => run.map(({ stageMs }) => stageMs.get(stage) ?? NaN)),
      ),
    },
  ];
}
