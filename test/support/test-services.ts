import { systemClock } from '../../src/clock.ts';
import type { Db } from '../../src/db.ts';
import type { EventLog } from '../../src/events/event-log.ts';
import { createModelCatalog } from '../../src/models/model-catalog.ts';
import { findPackageRoot } from '../../src/package-root.ts';
import type { JobQueue } from '../../src/queue/job-queue.ts';
import { loadPlaybooks } from '../../src/review/playbook.ts';
import { createServices, type Services, type ServiceDeps } from '../../src/services/services.ts';
import type { BlobStore } from '../../src/storage/blob-store.ts';
import { silentLogger } from './silent-logger.ts';

/** A part that the test must not reach. */
const unreachable = <T extends object>(name: string): T =>
  new Proxy({} as T, {
    get: (_target, property) => {
      throw new Error(`This test reaches ${name}.${String(property)}.`);
    },
  });

/** Services over a real database; what else a test needs it hands in. */
export function createTestServices(db: Db, parts: Partial<ServiceDeps> = {}): Services {
  return createServices({
    db,
    clock: systemClock,
    logger: silentLogger,
    storage: unreachable<BlobStore>('storage'),
    events: unreachable<EventLog>('events'),
    queue: unreachable<JobQueue>('queue'),
    catalog: createModelCatalog({ chain: [], primaryBedrockId: null, maxTokens: 8_192, regions: ['us-east-2'] }),
    throttle: unreachable('throttle'),
    version: 'test',
    isSimulated: true,
    probes: [],
    builtInPlaybooks: loadPlaybooks(findPackageRoot(import.meta.dirname)),
    config: {
      bedrockRegions: ['us-east-2'],
      maxUploadBytes: 1_000_000,
      confidenceThreshold: 0.8,
      analysisTasksPerMinute: 10,
      workerConcurrency: 4,
      maxTokens: 8_192,
    },
    ...parts,
  });
}
