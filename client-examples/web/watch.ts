import { EventsExpiredError, followOverSse, followOverWebSocket } from '../resume.ts';
import { eventsSubscription, readModelsDetail, readSnapshot, type WatchEvent } from './requests.ts';
import { applyEvent, fromSnapshot, type ReviewState } from './review-state.ts';
import { createView, type View } from './view.ts';

/*
 * The page at /watch: reads where a review stands, then follows it. ?document=doc_… says which one; ?over=websocket follows over WebSocket
 * instead of server-sent events.
 */

const url = new URL('/graphql', location.href).href;
// A page stays open for as long as somebody looks at it: it goes on trying, and is back soon after the server is.
const patience = { maxFailures: Number.POSITIVE_INFINITY, maxDelayMs: 5_000 };

async function watch(view: View, documentId: string, isOverWebSocket: boolean): Promise<void> {
  const follow = isOverWebSocket ? followOverWebSocket<WatchEvent> : followOverSse<WatchEvent>;
  const show = createPainter(view);
  for (;;) {
    const snapshot = await readSnapshot(url, documentId);
    let state = fromSnapshot(snapshot);
    show(state);
    try {
      const events = follow({
        url,
        query: eventsSubscription,
        variables: { documentId, after: snapshot.eventsCursor },
        cursorOf: ({ cursor }) => cursor,
        ...patience,
        onConnect: () => view.banner(null),
        onDrop: ({ reason, waitMs }) =>
          view.banner(`${reason} Resuming behind the last event in ${(waitMs / 1000).toFixed(1)} s.`),
      });
      for await (const event of events) {
        state = applyEvent(state, event);
        show(state);
      }
      return view.banner('The document was deleted.');
    } catch (error) {
      if (!(error instanceof EventsExpiredError)) throw error;
    }
  }
}

/** Draws the newest state once a frame, however many events a frame has. */
function createPainter(view: View): (state: ReviewState) => void {
  let newest = null as ReviewState | null;
  return (state) => {
    if (newest === null)
      requestAnimationFrame(() => {
        if (newest) view.draw(newest);
        newest = null;
      });
    newest = state;
  };
}

const asked = new URLSearchParams(location.search);
const documentId = asked.get('document')?.trim();
const view = createView(document);
if (documentId) {
  watch(view, documentId, asked.get('over') === 'websocket').catch((error: unknown) => {
    view.banner(error instanceof Error ? error.message : String(error));
    view.choose();
  });
  // Whoever watches can do without.
  readModelsDetail(url).then(
    (detail) => view.models(detail),
    () => undefined,
  );
} else view.choose();
