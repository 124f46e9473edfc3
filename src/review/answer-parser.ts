import { answerLine, type FindingLine, type SummaryLine } from './finding.ts';

export type ParsedLine =
  | { readonly type: 'finding'; readonly finding: FindingLine }
  | { readonly type: 'summary'; readonly summary: SummaryLine }
  /** A line that was meant as an answer (it is an object) but does not hold what it must. Says why, without the line's words. */
  | { readonly type: 'malformed'; readonly why: string };

export type AnswerParser = {
  /** Takes the next piece of the stream; answers the lines that it completed. */
  push(text: string): ParsedLine[];
  /** The stream has ended: answers the last line, which may lack its line end. */
  end(): ParsedLine[];
};

/** Of a line, in UTF-16 code units: several times what a finding with all its words and quotations needs. */
const longestLine = 200_000;

/**
 * Reads JSON Lines out of a stream of text pieces, a line as soon as it is complete. Text around the objects (prose, a code fence) is
 * skipped, as the answer format allows. Malformed is an object that does not validate or cannot be parsed, one that does not stand on a
 * line of its own, and a line without end.
 */
export function createAnswerParser(): AnswerParser {
  let rest = '';
  return {
    push(text) {
      const end = text.lastIndexOf('\n');
      if (end < 0) {
        rest += text;
        return rest.length > longestLine ? [{ type: 'malformed', why: 'a line is too long' }] : [];
      }
      const complete = rest + text.slice(0, end);
      rest = text.slice(end + 1);
      return complete.split('\n').flatMap(parseLine);
    },
    end() {
      const last = rest;
      rest = '';
      return parseLine(last);
    },
  };
}

/** An object of the answer behind something else: in a list, behind a bullet. */
const answerWithin = /\{\s*"type"\s*:\s*"(?:finding|summary)"/;

function parseLine(line: string): ParsedLine[] {
  const text = line.trim();
  if (!text.startsWith('{')) {
    return answerWithin.test(text) ? [{ type: 'malformed', why: 'an object does not stand on a line of its own' }] : [];
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [{ type: 'malformed', why: 'a line is not valid JSON' }];
  }
  const parsed = answerLine.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return [{ type: 'malformed', why: `${issue?.path.join('.') || 'a line'}: ${issue?.message ?? 'not valid'}` }];
  }
  return [
    parsed.data.type === 'finding'
      ? { type: 'finding', finding: parsed.data }
      : { type: 'summary', summary: parsed.data },
  ];
}
