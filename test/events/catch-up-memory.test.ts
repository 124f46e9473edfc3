import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { distFile } from '../support/dist.ts';
import { testRedis } from '../support/services.ts';

const events = { count: 3_000, characters: 8_000 };
const mostGrowthBytes = 4_000_000;
// What the collector has not got round to yet is no growth: a large reading is taken again, and the least of them counts.
const mostReadings = 3;

async function growthBytes(): Promise<number> {
  const { url: redisUrl, prefix } = testRedis();
  const options = { distUrl: pathToFileURL(distFile('/')), redisUrl, prefix, events };
  const args = ['--expose-gc', join(import.meta.dirname, 'catch-up-reader.mjs'), JSON.stringify(options)];
  return Number((await promisify(execFile)(process.execPath, args)).stdout);
}

it(
  'leaves nothing of what was read behind, so that who catches up takes no memory before all of it is searched',
  { timeout: 90_000 },
  async () => {
    let least = await growthBytes();
    for (let readings = 1; least >= mostGrowthBytes && readings < mostReadings; readings += 1)
      least = Math.min(least, await growthBytes());
    expect(least).toBeLessThan(mostGrowthBytes);
  },
);
