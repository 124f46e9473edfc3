import { getHeapSpaceStatistics } from 'node:v8';
import { afterAll, expect, it } from 'vitest';
import { logStart } from '../../src/events/log-position.ts';
import { newSource, openEventLog, thinking } from './support.ts';

const { log, close } = openEventLog();
afterAll(close);

const events = { count: 2_000, characters: 8_000 };
const mostGrowthBytes = 8_000_000;

const oldGenerationBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')?.space_used_size ?? NaN;

it('leaves nothing of what was read behind, so that who catches up takes no memory before all of it is searched', async () => {
  const source = newSource();
  for (let index = 0; index < events.count; index += 1)
    await log.append(source, 1, thinking(source, `${index}`.padEnd(events.characters, 'x')));
  const before = oldGenerationBytes();
  let most = before;
  let taken = 0;
  await new Promise<void>((resolve, reject) => {
    const control = log.follow(source, logStart).start({
      take() {
        taken += 1;
        most = Math.max(most, oldGenerationBytes());
        if (taken < events.count) return true;
        control.close();
        resolve();
        return false;
      },
      ended: reject,
    });
  });
  expect(most - before).toBeLessThan(mostGrowthBytes);
});
