import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

export type { Logger };

/**
 * Structured lines: readable in a terminal, JSON otherwise. Lines carry ids, counts and durations; never document text, prompts or model
 * output. `name` tells the process.
 */
export function createLogger(options: { name: string; level: string; format: 'auto' | 'pretty' | 'json' }): Logger {
  const isPretty = options.format === 'pretty' || (options.format === 'auto' && process.stdout.isTTY);
  const settings = {
    name: options.name,
    level: options.level,
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    base: { name: options.name },
  };
  if (!isPretty) return pino(settings);
  return pino(
    settings,
    pretty({
      colorize: process.stdout.isTTY,
      ignore: 'pid,hostname',
      translateTime: 'SYS:HH:MM:ss.l',
      singleLine: true,
      sync: true,
    }),
  );
}
