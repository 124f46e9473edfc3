import { expect, it } from 'vitest';
import type { Problem } from '../../src/errors.ts';
import { JobTimeoutError } from '../../worker/job-context.ts';
import { renderReport, type RenderDeps } from '../../worker/jobs/render-report.ts';
import { silentLogger } from '../support/silent-logger.ts';

/** What a report of this format fails with whose time is up before anything of it is done. */
async function timeOut(format: 'PDF' | 'CSV'): Promise<Problem | null> {
  const timeUp = AbortSignal.abort(new JobTimeoutError());
  let stored: Problem | null = null;
  const report = { id: 'rep', tenantId: 't', documentId: 'doc', format, attempt: 1 };
  const services = {
    reportRendering: {
      begin: () => Promise.resolve({ report, isExhausted: false }),
      fail: (_fence: unknown, problem: Problem) => Promise.resolve((stored = problem)),
    },
    documents: { byIds: () => Promise.reject(timeUp.reason as Error) },
    reportContents: { of: () => Promise.resolve(null) },
  };
  const events = { watchFence: () => Promise.resolve(() => undefined) };
  const deps = { services, events, logger: silentLogger } as unknown as RenderDeps;
  await renderReport(deps, { reportId: report.id }, { signal: timeUp, restartTimeLimit: () => undefined });
  return stored;
}

it('a report that takes too long recommends a quicker format, but not to whoever asked for one', async () => {
  expect(await timeOut('PDF')).toMatchObject({ code: 'TIMED_OUT', message: expect.stringContaining('JSON or CSV') });
  expect(await timeOut('CSV')).toMatchObject({
    code: 'TIMED_OUT',
    message: expect.not.stringMatching(/JSON|CSV/),
  });
});
