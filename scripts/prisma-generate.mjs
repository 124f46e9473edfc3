// Generates the Prisma client without the network. The CLI wants to download its native schema engine although generating
// does not use it; naming any existing executable stops it from asking. Migrations run on the engine's WebAssembly build.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const result = spawnSync(process.execPath, ['node_modules/prisma/build/index.js', 'generate', '--no-hints'], {
  env: { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: '1', ...process.env },
  encoding: 'utf8',
});
if (result.status !== 0) {
  process.stderr.write(`${result.stdout}${result.stderr}`);
  process.exit(result.status ?? 1);
}

// The generated client imports its query compiler as a module that is one string of 2.3 MB, and so keeps it twice for good, 10 MB with what
// parsing it leaves behind. The same file read as text is gone once it is compiled.
const file = 'src/generated/prisma/internal/class.ts';
const client = readFileSync(file, 'utf8');
const importing = /const \{ wasm \} = await import\(("[^"]+\.wasm-base64\.mjs")\)/;
if (!importing.test(client))
  throw new Error(`${file} loads its query compiler in another way: see to it that it is not kept as text.`);
const reading = [
  "const { readFile } = await import('node:fs/promises')",
  "const { createRequire } = await import('node:module')",
  "const text = await readFile(createRequire(import.meta.url).resolve($1), 'latin1')",
  "const wasm = text.slice(text.indexOf('\"') + 1, text.lastIndexOf('\"'))",
];
writeFileSync(file, client.replace(importing, reading.join('\n    ')));
