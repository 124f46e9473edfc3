import { unescapeFence } from './fence.ts';

/** Text of an answer as clients get it, and the words that it cites. */
export type AnswerText = {
  /** Takes the next piece of the stream; answers what of it can be shown now. */
  push(piece: string): string;
  /** The stream has ended: answers what was held back. */
  end(): string;
  /** What stood between <cite> and </cite> up to here, as the model wrote it. */
  quotes(): readonly string[];
};

const tag = /(<\/?cite>)/i;
/** At the end of a piece, what may become a tag or one of the fence's escapes with the next one. */
const unfinished = /(?:<\/?(?:c(?:i(?:te?)?)?)?|&(?:a(?:mp?)?|[lg]t?)?)$/i;

/**
 * Takes the citations' tags out of an answer while it streams, wherever it is cut into pieces, and undoes the escapes that the model has
 * copied from the fence. Nothing of the answer is lost: a tag without its partner goes, the words stay, and what was opened and never closed
 * is a quotation up to the next tag or the end.
 */
export function createAnswerText(): AnswerText {
  const quotes: string[] = [];
  let rest = '';
  let open: string | null = null;

  function close(): void {
    if (open !== null && open.trim() !== '') quotes.push(open);
    open = null;
  }

  function take(text: string): string {
    let shown = '';
    for (const part of text.split(tag)) {
      if (tag.test(part)) {
        close();
        if (!part.startsWith('</')) open = '';
        continue;
      }
      if (open !== null) open += part;
      shown += unescapeFence(part);
    }
    return shown;
  }

  return {
    push(piece) {
      // PostgreSQL text holds no NUL.
      rest += piece.replaceAll('\0', '');
      const end = unfinished.exec(rest)?.index ?? rest.length;
      const complete = rest.slice(0, end);
      rest = rest.slice(end);
      return take(complete);
    },
    end() {
      const shown = take(rest);
      rest = '';
      close();
      return shown;
    },
    quotes: () => quotes,
  };
}
