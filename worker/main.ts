import { runProcess } from '../src/run-process.ts';
import { startWorker } from './worker.ts';

await runProcess('worker', async (config, logger) => {
  const worker = await startWorker({ config, logger });
  logger.info({ concurrency: config.workerConcurrency }, 'taking jobs');
  return worker;
});
