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

/**
 * Reads JSON Lines out of a stream of text pieces, a line as soon as it is complete. Text that is no JSON object (prose, a code fence) is
 * skipped, as the answer format allows; an object that does not validate, or cannot be parsed, is malformed.
 */
export function createAnswerParser(): AnswerParser {
  let rest = '';
  return {
    push(text) {
      rest += text;
      const end = rest.lastIndexOf('\n');
      if (end < 0) return [];
      const complete = rest.slice(0, end);
      rest = rest.slice(end + 1);
      return complete.split('\n').flatMap(parseLine);
    },
    end() {
      const last = rest;
      rest = '';
      return parseLine(last);
    },
  };
}

function parseLine(line: string): ParsedLine[] {
  const text = line.trim();
  if (!text.startsWith('{')) return [];
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
