import { parseDocument, preloadReaders } from './parse-document.ts';
import type { ParseCommand, ParseReply } from './parse-messages.ts';
import { DocumentError, type ParsedDocument, type ParseProgress } from './document-types.ts';

/**
 * The jail's inside: reads one document after the other for the parent that forked it, and ends with it. Started by
 * `startParserChild` only; on its own it has nobody to talk to.
 */

const progressIntervalMs = 250;

const pieceLength = 256 * 1024;

const reply = (message: ParseReply): void => void process.send?.(message);

process.on('message', (command: ParseCommand) => void answer(command));
process.on('disconnect', () => process.exit(0));
// Ctrl-C in a terminal, and some supervisors, signal the whole process group: the parent decides when its children end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

await preloadReaders();
reply({ kind: 'ready' });

async function answer(command: ParseCommand): Promise<void> {
  reply({ kind: 'begun' });
  try {
    const document = await parseDocument(command, throttled());
    send(document);
  } catch (error) {
    reply(describeFailure(error));
  }
}

function send({ sections, ...rest }: ParsedDocument): void {
  const text = sections.map((section) => section.text).join('');
  for (let at = 0; at < text.length; at += pieceLength) reply({ kind: 'text', text: text.slice(at, at + pieceLength) });
  const outlined = sections.map(({ text: _text, ...section }) => section);
  reply({ kind: 'parsed', document: { ...rest, sections: outlined } });
}

function throttled(): (progress: ParseProgress) => void {
  let lastMs = performance.now();
  return (progress) => {
    const nowMs = performance.now();
    if (nowMs - lastMs < progressIntervalMs) return;
    lastMs = nowMs;
    reply({ kind: 'progress', progress });
  };
}

function describeFailure(error: unknown): ParseReply {
  if (error instanceof DocumentError) {
    const failure = { code: error.code, message: error.message };
    return { kind: 'failed', failure, isReusable: true };
  }
  if (error instanceof Error && 'syscall' in error) return { kind: 'error', message: error.message };
  const failure = {
    code: 'UNREADABLE_DOCUMENT',
    message:
      'The document could not be read: it is damaged or built in a way that its reader does not know. Open it, save or export it again and upload the new file.',
  } as const;
  return { kind: 'failed', failure, isReusable: false };
}
