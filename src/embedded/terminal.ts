/** What a person sees of a run: one tidy line per part, and notes when something happens to one. */
export type Terminal = {
  /** A part is up, after so long. */
  ready(part: string, ms: number, detail: string): void;
  /** Something that a person should know of a part. */
  note(part: string, text: string): void;
  line(text: string): void;
};

const nameWidth = 11;

export function createTerminal(write: (text: string) => void): Terminal {
  const row = (part: string, time: string, text: string) =>
    write(`  ${part.padEnd(nameWidth)}${time.padStart(8)}  ${text}`.trimEnd());
  return {
    ready: (part, ms, detail) => row(part, `${(ms / 1000).toFixed(2)} s`, detail),
    note: (part, text) => row(part, '', text),
    line: write,
  };
}
