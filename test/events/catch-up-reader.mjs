// A process of its own, because what the engine puts among its old objects depends on all that a process has done before. Writes a log, reads
// it, and prints by how many bytes the old objects grew meanwhile.
import { getHeapSpaceStatistics } from 'node:v8';

const { distUrl, redisUrl, prefix, events } = JSON.parse(process.argv[2]);
const load = (path) => import(new URL(path, distUrl).href);
const { systemClock } = await load('src/clock.js');
const { createRedis } = await load('src/redis.js');
const { createHub } = await load('src/events/hub.js');
const { createEventLog } = await load('src/events/event-log.js');

const connect = (role) => createRedis({ url: redisUrl, role, name: 'test', onError: () => undefined });
const redis = connect('patient');
const hub = createHub(connect('subscriber'));
const options = { redis, hub, prefix, clock: systemClock, retentionMs: 60_000, coalesceMs: 20 };
const log = createEventLog(options);
const source = { documentId: 'doc_1', id: 'ana_1' };
for (let index = 0; index < events.count; index += 1) {
  const text = `${index}`.padEnd(events.characters, 'x');
  await log.append(source, 1, { type: 'thinking:delta', analysisId: source.id, text });
}

const oldBytes = () => getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space').space_used_size;
// Without it, what is left over from writing would be counted, or make room.
globalThis.gc();
const before = oldBytes();
let most = before;
let taken = 0;
await new Promise((resolve, reject) => {
  const control = log.follow(source, '0-0').start({
    take() {
      taken += 1;
      most = Math.max(most, oldBytes());
      if (taken < events.count) return true;
      control.close();
      resolve();
      return false;
    },
    ended: reject,
  });
});
process.stdout.write(String(most - before));
await hub.close();
redis.disconnect();
