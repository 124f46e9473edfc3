import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { EventsExpiredError, followOverWebSocket } from './resume.ts';
import { createApi, requireFile, type Api } from './review/api.ts';
import { documentSubscription, type DocumentSnapshot, type ReviewEvent } from './review/api-types.ts';
import { describeReview } from './review/findings.ts';
import { count, createReviewProgress, seconds } from './review/progress.ts';
import { createScreen, drawProgress, printable, type Screen } from './review/screen.ts';

/*
 * Reviews one file and shows it in the terminal, from the upload to the findings. The pieces: review/api.ts asks the server, resume.ts
 * follows the events, review/progress.ts makes a state of them, review/screen.ts and review/findings.ts show it.
 */

const usage = 'Usage: npm run example -- path/to/file [--url http://localhost:5000/graphql]';
const redrawMs = 100;

type Context = { readonly url: string; readonly api: Api; readonly screen: Screen; readonly documentId: string };

async function review(path: string, url: string): Promise<void> {
  await requireFile(path);
  const screen = createScreen(process.stdout, process.env);
  const api = createApi(url);
  const sessionId = await api.createSession(`Review of ${basename(path)}`);
  const documentId = await api.upload(sessionId, path);
  screen.line(`${printable(basename(path))} is ${documentId}, in ${sessionId}`);
  const context = { url, api, screen, documentId };
  try {
    const cursor = await waitUntilParsed(context);
    const startedAt = performance.now();
    await analyze(context, cursor);
    const document = await api.readReview(documentId);
    screen.live(() => []);
    for (const line of describeReview(document, performance.now() - startedAt, screen.dim)) screen.line(line);
    if (document.sections.some(({ latestAnalysis }) => latestAnalysis?.status !== 'COMPLETED')) process.exitCode = 1;
  } finally {
    screen.live(() => []);
  }
}

/** Gives the cursor of the last event, behind which the analyses will come. */
async function waitUntilParsed(context: Context): Promise<string | null> {
  const { api, screen, documentId } = context;
  let cursor: string | null = null;
  for await (const event of follow(context, null, () => undefined)) {
    cursor = event.cursor;
    if (event.__typename !== 'DocumentParsing') continue;
    const { sectionsFound, percent } = event;
    screen.live(() => [`  Reading: ${count(sectionsFound, 'section')} so far, ${percent.toFixed(0)} %`]);
  }
  screen.live(() => []);
  const { status, error, sections, wordCount, pageCount } = await api.readParsed(documentId);
  if (status !== 'READY') throw new Error(error?.message ?? 'The document was not read to its end.');
  const counts = [count(sections.length, 'section'), count(wordCount ?? 0, 'word')];
  if (pageCount !== null) counts.push(count(pageCount, 'page'));
  screen.line(`Read: ${counts.join(', ')}`);
  return cursor;
}

/** Queues all sections and shows the work on them until it ends. */
async function analyze(context: Context, after: string | null): Promise<void> {
  const { api, screen, documentId } = context;
  const progress = createReviewProgress(await api.analyze(documentId));
  const redraw = (): void => screen.live((size) => drawProgress(progress.sections, size, screen.dim));
  const timer = setInterval(redraw, redrawMs);
  try {
    for await (const event of follow(context, after, progress.restore)) {
      const line = progress.apply(event);
      if (line !== null) screen.line(printable(line));
    }
  } finally {
    clearInterval(timer);
  }
}

/** The document's events until there is nothing more to come. `restore` gets the present state when events were lost for good. */
async function* follow(
  { url, api, screen, documentId }: Context,
  after: string | null,
  restore: (snapshot: DocumentSnapshot) => void,
): AsyncGenerator<ReviewEvent, void> {
  try {
    yield* followOverWebSocket<ReviewEvent>({
      url,
      query: documentSubscription,
      variables: { documentId, after },
      cursorOf: (event) => event.cursor,
      webSocketImpl: WebSocket,
      onDrop: ({ reason, waitMs }) => screen.line(`-- ${printable(reason)} Resuming in ${seconds(waitMs)}`),
    });
  } catch (error) {
    if (!(error instanceof EventsExpiredError)) throw error;
    screen.line('-- The events in between are no longer kept: going on from the present state');
    const snapshot = await api.readSnapshot(documentId);
    restore(snapshot);
    yield* follow({ url, api, screen, documentId }, snapshot.eventsCursor, restore);
  }
}

function readArguments(): { path: string; url: string } {
  const options = { url: { type: 'string', default: 'http://localhost:5000/graphql' } } as const;
  try {
    const { positionals, values } = parseArgs({ options, allowPositionals: true });
    const [path, ...more] = positionals;
    if (path !== undefined && more.length === 0 && URL.canParse(values.url)) return { path, url: values.url };
  } catch {
    // An option that there is not: answered like any other mistake.
  }
  throw new Error(usage);
}

try {
  const { path, url } = readArguments();
  await review(path, url);
} catch (error) {
  console.error(printable(`Error: ${(error as Error).message}`));
  process.exitCode = 1;
}
