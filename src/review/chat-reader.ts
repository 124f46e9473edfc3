import { MalformedOutputError } from '../models/model-failure.ts';
import type { ModelEvent } from '../models/model-types.ts';
import { storable } from '../storable-text.ts';
import { createAnswerText } from './answer-text.ts';

export type ChatSink = {
  thinking(text: string): void;
  /** A further piece of the answer, without the citations' tags. */
  text(text: string): void;
};

export type ReadAnswer = {
  readonly text: string;
  readonly thinking: string;
  /** The words that it cites, as the model wrote them, in order; not looked up yet. */
  readonly quotes: readonly string[];
};

/** An answer that was cut by its limit must not look like a whole one. */
const cutNote = '\n\n*The answer ends here because it reached the longest length that is allowed.*';

/** Reads one model's answer to a question as it comes in. Throws MalformedOutputError for one without text. */
export async function readAnswer(events: AsyncIterable<ModelEvent>, sink: ChatSink): Promise<ReadAnswer> {
  const answer = createAnswerText();
  let text = '';
  let thinking = '';

  function show(piece: string): void {
    if (piece === '') return;
    text += piece;
    sink.text(piece);
  }

  for await (const event of events) {
    if (event.type === 'thinking') {
      const piece = event.text.replaceAll('\0', '');
      thinking += piece;
      sink.thinking(piece);
    } else if (event.type === 'text') show(answer.push(event.text));
    else {
      show(answer.end());
      if (text.trim() !== '' && event.stopReason === 'max_tokens') show(cutNote);
    }
  }
  if (text.trim() === '') throw new MalformedOutputError('the answer has no text');
  // Only at the end: a pair of surrogates may come in two pieces.
  return { text: storable(text), thinking: storable(thinking), quotes: answer.quotes().map(storable) };
}
