// Stands in for the process that renders: does what the command's `contentPath` says.
import { writeFile } from 'node:fs/promises';

let isPrepared = false;

process.on('disconnect', () => process.exit(0));
process.on('message', (request) => {
  if (request.kind === 'prepare') isPrepared = true;
  else void behave(request);
});

async function behave({ contentPath, outputPath }) {
  if (contentPath === 'die-first') process.exit(3);
  process.send({ kind: 'begun' });
  await writeFile(outputPath, String(process.pid));
  if (contentPath === 'crash') process.exit(3);
  if (contentPath === 'grow') for (const kept = []; ;) kept.push(Array.from({ length: 100_000 }, () => Math.random()));
  if (contentPath === 'swell') {
    const kept = [];
    setInterval(() => kept.push(Buffer.alloc(20_000_000, 1)), 20);
  }
  if (contentPath === 'environment') {
    const code = (() => {
      try {
        // oxlint-disable-next-line typescript/no-implied-eval -- whether it can is what is asked
        return new Function('return true')();
      } catch {
        return false;
      }
    })();
    await writeFile(
      outputPath,
      JSON.stringify({ environment: Object.keys(process.env), mayMakeCode: code, isPrepared, pid: process.pid }),
    );
    process.send({ kind: 'rendered' }, () => process.disconnect());
  }
}
