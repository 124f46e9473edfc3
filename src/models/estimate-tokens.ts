import type { ModelRequest, ModelSpec, TokenUsage } from './model-types.ts';

/**
 * Token counts without the provider's tokenizer, which is not published. Each class of text is counted at the upper end of what was
 * measured: prose 3.5 bytes a token, code and JSON 2.75, Chinese, Japanese and Korean 1.2 tokens a character, emoji and other
 * characters outside the basic plane 3. Pure, and linear in the text.
 */
const bytesPerProseToken = 3.5;
const bytesPerCodeToken = 2.75;
const tokensPerCjkCharacter = 1.2;
const tokensPerAstralCharacter = 3;
/** Prose has 2-5 % of these characters, compact JSON and code 15-35 %. */
const codeShare = 0.1;
const tokensPerMessage = 8;

type Tokenizer = Pick<ModelSpec, 'tokenizerFactor'>;

/** Tokens of `text` for a model, rounded up; rather too many than too few. */
export const estimateTextTokens = (text: string, model: Tokenizer): number =>
  Math.ceil(tokenWeight(text) * model.tokenizerFactor);

/** The same for rows of data, always counted as code: whichever way they are written, they are measured by one yardstick. */
export const estimateRowTokens = (text: string, model: Tokenizer): number =>
  Math.ceil(tokenWeight(text, true) * model.tokenizerFactor);

/** Tokens of a whole request's input for a model, message overhead included. */
export const estimateInputTokens = (request: ModelRequest, model: Tokenizer): number =>
  Math.ceil(requestWeight(request) * model.tokenizerFactor);

// A request is estimated for every model of the chain, and is the same for all of them.
const weights = new WeakMap<ModelRequest, number>();

function requestWeight(request: ModelRequest): number {
  const known = weights.get(request);
  if (known !== undefined) return known;
  const texts = [request.system, ...request.messages.map((message) => message.text)];
  const weight = texts.reduce((sum, text) => sum + tokenWeight(text) + tokensPerMessage, 0);
  weights.set(request, weight);
  return weight;
}

/** Counts what a stream has delivered, for calls that end before Bedrock says what they used. */
export type ReceivedCounter = {
  add(text: string): void;
  /** What the call has used so far: the whole input, and everything received at a third of a token per character, or more. */
  usage(): TokenUsage;
};

export function createReceivedCounter(request: ModelRequest, model: Tokenizer): ReceivedCounter {
  const pieces: string[] = [];
  // Most calls end with Bedrock's own figures: pieces are weighed when they are asked for.
  const outputWeight = (): number =>
    pieces.reduce((sum, text) => sum + Math.max(text.length / 3, tokenWeight(text) * model.tokenizerFactor), 0);
  return {
    add: (text) => void pieces.push(text),
    usage: () => ({
      inputTokens: estimateInputTokens(request, model),
      outputTokens: Math.ceil(outputWeight()),
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
    }),
  };
}

function tokenWeight(text: string, isSurelyCode = false): number {
  let bytes = 0;
  let symbols = 0;
  let cjk = 0;
  let astral = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isHighSurrogate(code)) {
      astral += 1;
      index += 1;
    } else if (isCjk(code)) cjk += 1;
    else {
      bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
      if (isCodeSymbol(code)) symbols += 1;
    }
  }
  const isCode = isSurelyCode || symbols > bytes * codeShare;
  return (
    bytes / (isCode ? bytesPerCodeToken : bytesPerProseToken) +
    cjk * tokensPerCjkCharacter +
    astral * tokensPerAstralCharacter
  );
}

const isHighSurrogate = (code: number) => code >= 0xd800 && code <= 0xdbff;

/** Han, kana, Hangul, their punctuation and full-width forms. */
const isCjk = (code: number) =>
  (code >= 0x2e80 && code <= 0x9fff) ||
  (code >= 0xac00 && code <= 0xd7af) ||
  (code >= 0xf900 && code <= 0xfaff) ||
  (code >= 0xff00 && code <= 0xffef);

const codeSymbols = new Set(Array.from('{}[]()<>"\':;=,_/\\|*&#+$@^~`', (symbol) => symbol.charCodeAt(0)));
const isCodeSymbol = (code: number) => codeSymbols.has(code);
