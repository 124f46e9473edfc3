import { createLogger } from '../../src/observability/logger.ts';

/** One for all tests: with the last logger that is collected as garbage goes a listener of the process, which leak checks would miss. */
export const silentLogger = createLogger({ name: 'test', level: 'silent', format: 'json' });
