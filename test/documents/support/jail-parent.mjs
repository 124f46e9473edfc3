// A parent process of its own, so that its memory is that of the pool and not that of the test runner. Reads cases as JSON lines' file from
// argv: [{ name, path, filename }], each together with the good document; writes what came of them to stdout.
import { readFileSync } from 'node:fs';

const { parserUrl, good, cases } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { createDocumentParser } = await import(parserUrl);
const parser = createDocumentParser({ size: 2, heapMb: 256, rssLimitMb: 400, timeoutMs: 20_000 });

const parse = async (request) => {
  const startMs = performance.now();
  const result = await parser.parse(request);
  return { result, ms: performance.now() - startMs };
};

// The first documents load code and let the heap find its size.
for (let round = 0; round < 5; round++) await Promise.all([parse(good), parse(good)]);

// What the collector has not got round to yet is no growth: a large reading is taken again, and the least of them counts.
const doubtfulMb = 15;
const mostReadings = 3;

const results = [];
for (const { name, ...request } of cases) {
  let least = await read(request);
  for (let readings = 1; least.grownMb > doubtfulMb && readings < mostReadings; readings++) {
    const again = await read(request);
    if (again.grownMb < least.grownMb) least = again;
  }
  results.push({ name, ...least });
}
process.stdout.write(JSON.stringify(results));
await parser.close();

async function read(request) {
  const startBytes = process.memoryUsage.rss();
  let peakBytes = startBytes;
  const timer = setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage.rss())), 5);
  const [hostile, other] = await Promise.all([parse(request), parse(good)]);
  clearInterval(timer);
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  const { result } = hostile;
  return {
    ms: hostile.ms,
    outcome: result.outcome === 'failed' ? result.failure : { code: result.document.format, message: '' },
    grownMb: (peakBytes - startBytes) / 1024 / 1024,
    goodSections: other.result.document?.sections.length ?? 0,
    goodMs: other.ms,
  };
}
