import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { probePort } from './ports.ts';
import { stopRecorded } from './process-table.ts';

/** The data folder, ours until `release`, with what a run needs in it. */
export type RunFolder = {
  /** Absolute. */
  readonly dataDir: string;
  readonly logDir: string;
  /** The API's port: free when it was claimed. */
  readonly port: number;
  pidFile(part: string): string;
  release(): Promise<void>;
};

/** Parts whose processes are recorded in `run/`; Redis and Postgres see to their own. */
const recordedParts = ['API', 'Worker', 'Simulator'];
const remainsGraceMs = 2_000;

/**
 * Claims the data folder and the port for this run, and ends what a killed run has left. Throws AppError, with what to do, when another
 * run has the folder or another program the port.
 */
export async function claimRunFolder(config: Config): Promise<RunFolder> {
  const dataDir = resolve(config.dataDir);
  const unlock = await lockDataDir(dataDir);
  const folder = {
    dataDir,
    logDir: join(dataDir, 'logs'),
    pidFile: (part: string) => join(dataDir, 'run', `${part.toLowerCase()}.pid`),
    release: unlock,
  };
  try {
    await mkdir(join(dataDir, 'run'), { recursive: true });
    await Promise.all(recordedParts.map((part) => stopRecorded(folder.pidFile(part), 'SIGTERM', remainsGraceMs)));
    const port = await probePort(config.port, config.host);
    if (port !== null) return { ...folder, port };
  } catch (error) {
    await unlock();
    throw error;
  }
  await unlock();
  const message = `Port ${config.port} of ${config.host} is in use. Stop what uses it, or set PORT to another one.`;
  throw new AppError('CONFLICT', message);
}
