/*
 * The text of every event that is published: `T`, when it was published (16 digits, µs of the machine's monotonic clock, which all
 * processes share), `#`, the number of its channel (6 digits), and filling.
 */
export const textMark = Buffer.from('"text":"T');

const digits = { time: 16, channel: 6 };

export const nowUs = (): number => Number(process.hrtime.bigint() / 1_000n);

export const loadText = (channel: number, bytes: number): string =>
  `T${String(nowUs()).padStart(digits.time, '0')}#${String(channel).padStart(digits.channel, '0')}`.padEnd(bytes, '.');

/** `at` is where `textMark` was found. */
export function publishedUs(bytes: Buffer, at: number): number {
  const start = at + textMark.length;
  return Number(bytes.toString('latin1', start, start + digits.time));
}

export function channelOf(bytes: Buffer, at: number): number {
  const start = at + textMark.length + digits.time + 1;
  return Number(bytes.toString('latin1', start, start + digits.channel));
}
