import { describe, expect, it } from 'vitest';
import type { ReviewContext } from '../../src/review/context.ts';
import { readFence } from '../../src/embedded/bedrock-simulator/reviewer/read-fence.ts';
import { buildChatRequest } from '../../src/review/chat-prompt.ts';
import { repairMessages } from '../../src/review/prompt.ts';
import { injections } from '../support/injections.ts';
import { buildTestRequest, instructions } from '../support/review-request.ts';

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

/** Of a chat; what reviewers decided and noted is no part of it, what was asked and answered before is. */
const chatWith = (words: string) =>
  buildChatRequest(
    {
      filename: words,
      outline: ['First', words],
      sectionCount: 3,
      passages: [{ sectionId: 'sec_own', ordinal: 0, part: 0, parts: 1, total: 1, text: words }],
      chosen: null,
      history: [{ question: words, answer: 'Yes.' }],
      question: words,
    },
    instructions.chat,
    { maxTokens: 8_192, temperature: 0.2 },
  );

const harmless = requestWith('The fee is due.');
const harmlessChat = chatWith('The fee is due.');
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

  it.each(injections)('stays within the fences of a chat: $name', ({ text }) => {
    const { system, messages } = chatWith(text);
    expect(system).toBe(harmlessChat.system);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    for (const [index, message] of messages.entries()) {
      expect(tagsOf(message.text)).toEqual(tagsOf(harmlessChat.messages[index]?.text));
      expect(unfenced(message.text)).toBe(unfenced(harmlessChat.messages[index]?.text));
      expect(unfenced(message.text)).not.toContain('due');
    }
    const outline = /<outline>\n([^]*)\n<\/outline>/.exec(messages.at(-1)?.text ?? '')?.[1];
    expect(outline?.split(/[\n\r\u2028\u2029]/)).toHaveLength(3);
  });

  it('is handed back as what the model said, never as what we say', () => {
    for (const { text } of injections) {
      const [said, asked] = repairMessages(text, 'the summary is missing');
      expect(said).toEqual({ role: 'assistant', text: text.trim() });
      expect(asked?.text).not.toContain(text);
    }
  });
});
