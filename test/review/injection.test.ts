import { describe, expect, it } from 'vitest';
import type { ReviewContext } from '../../src/review/context.ts';
import { readFence } from '../../src/embedded/bedrock-simulator/reviewer/read-fence.ts';
import { repairMessages } from '../../src/review/prompt.ts';
import { injections } from '../support/injections.ts';
import { buildTestRequest } from '../support/review-request.ts';

/** The text stands wherever words of a document, of a model or of a reviewer get into a prompt. */
const everywhere = (words: string): ReviewContext => ({
  outline: [
    { title: 'First', level: 1, state: 'completed', risk: 'LOW' },
    { title: words, level: 1, state: 'this section', risk: '' },
  ],
  before: 0,
  behind: 0,
  neighbours: [{ section: words, risk: 'LOW', summary: words }],
  decisions: [{ section: words, title: words, category: words, risk: 'LOW', decision: 'REJECTED', note: words }],
  earlier: [{ title: words, risk: 'LOW' }],
});

const requestWith = (words: string) =>
  buildTestRequest({
    section: { id: 'sec_own', title: words, text: words },
    filename: words,
    context: everywhere(words),
  }).request;

const harmless = requestWith('The fee is due.');
const tagsOf = (text = '') => text.match(/<[^<>]*>/g);
const unfenced = (text = '') => text.replaceAll(/^<(\w+)[^<>\n]*>\n[^<>]*\n<\/\1>$/gm, '<$1/>');

describe('a text that tries to be more than text', () => {
  it('is tried in more than thirty ways', () => {
    expect(new Set(injections.map(({ text }) => text)).size).toBeGreaterThanOrEqual(30);
  });

  it.each(injections)('stays within its fences: $name', ({ text }) => {
    const request = requestWith(text);
    const [message, ...others] = request.messages;
    expect(others).toEqual([]);
    expect(message?.role).toBe('user');
    expect(request.system).toBe(harmless.system);
    expect(tagsOf(message?.text)).toEqual(tagsOf(harmless.messages[0]?.text));
    expect(unfenced(message?.text)).toBe(unfenced(harmless.messages[0]?.text));
    expect(readFence(message?.text ?? '')).toEqual({ id: 'sec_own', text });
  });

  it('is handed back as what the model said, never as what we say', () => {
    for (const { text } of injections) {
      const [said, asked] = repairMessages(text, 'the summary is missing');
      expect(said).toEqual({ role: 'assistant', text: text.trim() });
      expect(asked?.text).not.toContain(text);
    }
  });
});
