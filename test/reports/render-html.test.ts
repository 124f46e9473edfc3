import { createHash } from 'node:crypto';
import { Parser } from 'htmlparser2';
import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../src/reports/render-html.ts';
import { emptyContent, hostileFormula, hostileTitle, longWord, sampleContent } from './support/sample-content.ts';

type Element = { readonly name: string; readonly attributes: Record<string, string>; text: string };

/** All elements in order, each with the text within it. */
function elementsOf(markup: string): Element[] {
  const all: Element[] = [];
  const open: Element[] = [];
  const parser = new Parser({
    onopentag(name, attributes) {
      const element = { name, attributes, text: '' };
      all.push(element);
      open.push(element);
    },
    ontext(text) {
      for (const element of open) element.text += text;
    },
    onclosetag: () => void open.pop(),
  });
  parser.end(markup);
  return all;
}

const page = renderHtml(sampleContent);
const elements = elementsOf(page);
const named = (name: string): Element[] => elements.filter((element) => element.name === name);
const squeezed = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

describe('a report as HTML', () => {
  it('is what the golden file holds', async () => {
    await expect(page).toMatchFileSnapshot('golden/sample.html');
  });

  it('says all of every finding, of what was not analysed, and of models', () => {
    const all = squeezed(named('body')[0]?.text ?? '');
    for (const section of sampleContent.sections) {
      expect(all).toContain(squeezed(section.title));
      if (section.reason) expect(all).toContain(section.reason);
      for (const { title, detail, recommendation, questions, evidence, history } of section.findings) {
        const notes = history.flatMap(({ note, actor }) => [note ?? '', actor]);
        const texts = [
          title,
          detail,
          recommendation ?? '',
          ...questions,
          ...evidence.map(({ quote }) => quote),
          ...notes,
        ];
        for (const line of texts.flatMap((text) => text.split(/\r?\n/))) expect(all).toContain(squeezed(line));
      }
    }
    expect(all).toContain('3 findings with less confidence than 0.80 were left out');
    expect(all).toContain('Models were simulated');
    expect(all).toContain('Claude Sonnet 4.0');
  });

  it('runs and loads nothing: text that means harm is text, and the policy allows the one style alone', () => {
    const known = new Set(
      'html head meta title style body header main nav section article h1 h2 h3 h4 h5 h6 p span strong a ol ul li dl dt dd div table caption thead tbody tr th td blockquote footer br'.split(
        ' ',
      ),
    );
    for (const { name, attributes } of elements) {
      expect(known).toContain(name);
      for (const attribute of Object.keys(attributes)) expect(attribute).not.toMatch(/^on|^src$|^style$/);
      if (attributes['href']) expect(attributes['href']).toMatch(/^#/);
    }
    for (const hostile of [hostileTitle, hostileFormula, '<img src=x onerror=alert(1)>', longWord]) {
      expect(named('body')[0]?.text).toContain(hostile);
    }
    const policy = named('meta').find(({ attributes }) => attributes['http-equiv'])?.attributes['content'];
    const hash = createHash('sha256')
      .update(named('style')[0]?.text ?? '')
      .digest('base64');
    expect(policy).toBe(`default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`);
  });

  it('has an outline without gaps, a language, and links that lead somewhere', () => {
    expect(named('html')[0]?.attributes['lang']).toBe('en');
    const levels = elements.filter(({ name }) => /^h[1-6]$/.test(name)).map(({ name }) => Number(name[1]));
    expect(levels[0]).toBe(1);
    for (const [index, level] of levels.entries()) expect(level).toBeLessThanOrEqual((levels[index - 1] ?? 0) + 1);
    const ids = elements.flatMap(({ attributes }) => attributes['id'] ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = named('a').map(({ attributes }) => attributes['href']?.slice(1));
    expect(targets.length).toBeGreaterThan(5);
    for (const target of targets) expect(ids).toContain(target);
  });

  it('names every risk in words beside its colour', () => {
    const badges = elements.filter(({ attributes }) => /^badge (?!status)/.test(attributes['class'] ?? ''));
    for (const { attributes, text } of badges) {
      expect(text.toLowerCase()).toContain(attributes['class']?.split(' ')[1]);
    }
    expect(badges.length).toBe(1 + 20);
  });

  it('says that nothing was analysed where that is so', () => {
    const text = elementsOf(renderHtml(emptyContent)).find(({ name }) => name === 'body')?.text ?? '';
    expect(text).toContain('There are no findings to report.');
    expect(text).toContain('It was never sent to analysis.');
    expect(text).toContain('No model was called.');
    expect(text).not.toContain('simulated');
  });
});
