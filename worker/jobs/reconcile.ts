import type { Logger } from '../../src/observability/logger.ts';
import type { Services } from '../../src/services/services.ts';
import { done, type JobOutcome } from '../job-context.ts';

/** One round of mending what Redis and the store have lost against Postgres. */
export async function reconcile(deps: { services: Services; logger: Logger }): Promise<JobOutcome> {
  const mended = await deps.services.reconciler.reconcile();
  await deps.services.reconciler.forgetIdempotencyKeys();
  await deps.services.reconciler.mergeTallies();
  if (Object.values(mended).some((count) => count > 0)) deps.logger.info(mended, 'mended what was lost');
  return done;
}
