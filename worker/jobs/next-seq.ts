import type { EventLog } from '../../src/events/event-log.ts';
import type { LogName } from '../../src/events/event-types.ts';
import type { BegunAttempt } from '../../src/services/analysis-attempts.ts';

/** A resumed attempt goes on behind what it wrote before; where that is lost, the log says so at the first append. */
export async function nextSeq(events: EventLog, source: LogName, begun: BegunAttempt): Promise<number> {
  if (!begun.isResumed) return 1;
  const { id } = await events.head(source);
  const [attempt, seq] = id.split('-').map(Number);
  return attempt === begun.analysis.attempt && seq !== undefined ? seq + 1 : 1;
}
