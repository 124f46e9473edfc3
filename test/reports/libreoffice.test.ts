import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { renderDocx } from '../../src/reports/render-docx.ts';
import { readPdfBack } from './support/read-pdf-back.ts';
import { hostileTitle, sampleContent } from './support/sample-content.ts';

/* A word processor that is not ours opens the Word report. */

const isThere = spawnSync('soffice', ['--version']).error === undefined;

// Loud: the list of tests tells what was skipped, and the output why.
if (!isThere)
  process.stderr.write(
    '\nSKIPPED: LibreOffice is not on the PATH (apt-get install libreoffice-writer-nogui), so that no word processor opened the report.\n',
  );

test.runIf(isThere)(
  'LibreOffice opens the Word report and shows all of its parts and findings',
  { timeout: 120_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'prism-office-'));
    try {
      await writeFile(join(folder, 'report.docx'), await renderDocx(sampleContent));
      // A profile of its own: two that run at once would wait for each other.
      const profile = `-env:UserInstallation=file://${folder}/profile`;
      await promisify(execFile)('soffice', [
        profile,
        '--headless',
        '--convert-to',
        'pdf',
        '--outdir',
        folder,
        join(folder, 'report.docx'),
      ]);
      const { texts } = await readPdfBack(await readFile(join(folder, 'report.pdf')));
      const text = texts.join('\n');
      for (const words of [
        'Critical risk',
        'Models were simulated',
        hostileTitle,
        'Undefined term 12',
        'Claude Sonnet 4.0',
        'Made by AI-Prism 1.2.3',
      ])
        expect(text).toContain(words);
      expect(texts.length).toBeGreaterThan(5);
      expect(texts[1]).toContain('Sections without findings');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
