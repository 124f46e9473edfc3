import { unescapeFence } from '../../../review/fence.ts';
import { shorten } from './rule.ts';
import { readSection } from './section-text.ts';

/**
 * An answer to a question about a document, by looking for the question's words: the sentences that share most of them, quoted verbatim
 * between <cite> and </cite>. Rare words count more than common ones.
 */
export type ChatAnswer = { readonly thinking: string; readonly text: string };

type Passage = { readonly name: string; readonly text: string };
type Question = {
  readonly text: string;
  /** The one before it, where the conversation marks questions. */
  readonly before: string | null;
  readonly passages: readonly Passage[];
};
type Scored = { readonly sentence: string; readonly passage: Passage; readonly order: number; readonly score: number };

const maxCitations = 3;

/** `earlier`: the user's messages before the last one, for a conversation that gives its passages only once. */
export function answerQuestion(message: string, earlier: readonly string[]): ChatAnswer {
  const question = readQuestion(message, earlier);
  const own = contentWords(question.text);
  const isFollowUp = question.before !== null && rank(question.passages, own).length === 0;
  // A question such as “And why?” is about what the one before it was about.
  const words = isFollowUp ? contentWords(`${question.before} ${question.text}`) : own;
  const best = rank(question.passages, words);
  const thinking = [
    `Simulated thinking: I look for words, I do not understand them. The question is “${shorten(question.text, 160)}”.`,
    ...(isFollowUp ? [`It follows “${shorten(question.before ?? '', 160)}”, so I look for the words of both.`] : []),
    `Its words that matter: ${[...words].join(', ') || 'none'}. I look for them in ${question.passages.length} passages.`,
    ...best.map(({ sentence, passage }) => `In ${passage.name}: “${shorten(sentence, 100)}” fits.`),
    best.length === 0 ? 'No sentence has any of them.' : 'I cite these word for word, in the order of the document.',
  ].join('\n');
  return { thinking, text: best.length === 0 ? nothingFound(words) : withCitations(best) };
}

const withCitations = (best: readonly Scored[]): string =>
  [
    'Simulated answer: these passages share the most words with your question.',
    ...best.map(({ sentence }) => `- <cite>${sentence}</cite>`),
    'They were picked by word overlap, not by a model.',
  ].join('\n\n');

const nothingFound = (words: ReadonlySet<string>): string =>
  `Simulated answer: no passage of the document that I was given mentions ${words.size === 0 ? 'what you ask about' : [...words].join(', ')}. The answer was looked for by word overlap, not by a model.`;

/** Blocks between tags on lines of their own, whatever they are called; their text escapes angle brackets. */
const block = /^<([a-z][\w-]*)([^<>\n]*)>\n([^<>]*)\n<\/\1>/gm;

const aroundPassages: ReadonlySet<string> = new Set(['question', 'document', 'outline']);

function readQuestion(message: string, earlier: readonly string[]): Question {
  const blocks = (text: string) =>
    [...text.matchAll(block)].map(([, tag = '', attributes = '', content = '']) => ({
      tag,
      name: `${tag}${attributes}`.trim(),
      text: unescapeFence(content),
    }));
  const own = blocks(message);
  const said = earlier.flatMap(blocks);
  const asked = own.find(({ tag }) => tag === 'question')?.text;
  const before = said.findLast(({ tag }) => tag === 'question')?.text ?? null;
  const given = [...said, ...own].filter(({ tag }) => !aroundPassages.has(tag));
  const paragraphs = message
    .replaceAll(block, '')
    .split(/\n\s*\n/)
    .filter((paragraph) => paragraph.trim() !== '');
  const last = paragraphs.at(-1)?.trim() ?? message;
  if (given.length > 0) return { text: asked ?? last, before, passages: given };
  const others = paragraphs.slice(0, asked === undefined ? -1 : undefined);
  return {
    text: asked ?? last,
    before,
    passages: others.map((text, index) => ({ name: `paragraph ${index + 1}`, text })),
  };
}

function rank(passages: readonly Passage[], words: ReadonlySet<string>): Scored[] {
  const sentences = passages
    .flatMap((passage) => readSection(passage.text).clauses.map((clause) => ({ passage, sentence: clause.text })))
    // A sentence that holds a citation's tag itself could not be told from one.
    .filter(({ sentence }) => !/<\/?cite>/i.test(sentence))
    .map((entry, order) => ({ ...entry, order, has: contentWords(entry.sentence) }));
  const rarity = new Map(
    [...words].map((word) => [
      word,
      Math.log(1 + sentences.length / (1 + sentences.filter(({ has }) => has.has(word)).length)),
    ]),
  );
  return sentences
    .map(({ sentence, passage, order, has }) => {
      const shared = [...words].filter((word) => has.has(word));
      const score = shared.reduce((sum, word) => sum + (rarity.get(word) ?? 0), 0) / Math.log(8 + has.size);
      return { sentence, passage, order, score };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.order - b.order)
    .slice(0, maxCitations)
    .sort((a, b) => a.order - b.order);
}

const commonWords = new Set(
  'the and for are was were has have had does did what when where which who whom whose why how that this these those with from into about can could may might shall should will would must there their they them its our your you any all each not but than then also been being per under over between document section say says tell give please'.split(
    ' ',
  ),
);

/** Lower case, without endings that change nothing. */
const contentWords = (text: string): Set<string> =>
  new Set(
    (text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [])
      .filter((word) => !commonWords.has(word))
      .map((word) =>
        word.length > 5 ? word.replace(/(?:ations?|ions?|ings?|ed|es|s)$/u, '') : word.replace(/s$/u, ''),
      ),
  );
