import { ConfigError, loadConfig, type Config } from './config.ts';
import { createLogger, type Logger } from './observability/logger.ts';
import { untilAskedToEnd } from './process-end.ts';

type Running = { close(): Promise<void> };

/**
 * The life of one of our processes: configuration, start, a word to whoever forked it, and an orderly end. Mistakes in the configuration
 * are printed one a line; the exit code is then 1.
 */
export async function runProcess(
  name: string,
  start: (config: Config, logger: Logger) => Promise<Running>,
): Promise<void> {
  let logger: Logger | null = null;
  try {
    // The AWS SDK warns on every start that its releases of 2027 will want Node 22; the version here is pinned.
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    const config = loadConfig(process.env);
    logger = createLogger({ name, level: config.logLevel, format: config.logFormat });
    const ended = untilAskedToEnd();
    const running = await start(config, logger);
    process.send?.({ ready: true });
    await ended;
    logger.info('ending');
    await running.close();
    process.exit(0);
  } catch (error) {
    if (error instanceof ConfigError) process.stderr.write(`${error.mistakes.join('\n')}\n`);
    else if (logger) logger.fatal({ err: error }, 'could not start');
    else throw error;
    process.exit(1);
  }
}
