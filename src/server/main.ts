import { runProcess } from '../run-process.ts';
import { startServer } from './server.ts';

await runProcess('api', async (config, logger) => {
  const server = await startServer({ config, logger });
  logger.info({ url: server.url }, 'listening');
  return server;
});
