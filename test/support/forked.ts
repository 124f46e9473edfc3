import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Whether a forked process says that it is up; false when it has ended before. */
export async function isUp(child: ChildProcess): Promise<boolean> {
  const said = once(child, 'message').then(() => true);
  const ended = once(child, 'exit').then(() => false);
  return Promise.race([said, ended]);
}
