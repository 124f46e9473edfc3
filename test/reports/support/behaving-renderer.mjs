// Stands in for the process that renders: does what the command's `contentPath` says.
import { writeFile } from 'node:fs/promises';

let reports = 0;

process.on('disconnect', () => process.exit(0));
process.on('message', (command) => void behave(command));

async function behave({ contentPath, originalPath, outputPath }) {
  reports += 1;
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
      JSON.stringify({ environment: Object.keys(process.env), mayMakeCode: code, reports, pid: process.pid }),
    );
    const isReady = originalPath === null;
    process.send({ kind: 'rendered', isReady }, () => isReady || process.disconnect());
  }
}
