/**
 * How a document's text is handed to a model: as data, between two lines that the text itself can never contain.
 *
 *     <section id="sec_…">
 *     the text, with & < > written as &amp; &lt; &gt;
 *     </section>
 *
 * Guarantees: the fence holds no angle bracket of the text, so nothing inside it can close it or open another; reading it back gives the
 * text exactly, character for character.
 */

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const originals: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };

export const escapeFence = (text: string): string => text.replace(/[&<>]/g, (character) => escapes[character] ?? '');

/** Undoes `escapeFence`. An ampersand that starts none of its three escapes stays as it is. */
export const unescapeFence = (text: string): string =>
  text.replace(/&(?:amp|lt|gt);/g, (escaped) => originals[escaped] ?? escaped);

/** `id` may hold letters, digits, `_` and `-`; another one is a bug of the caller and throws a RangeError. */
export function fenceSection(id: string, text: string): string {
  if (!/^[\w-]+$/.test(id)) throw new RangeError(`Not an id that can stand in a fence: ${JSON.stringify(id)}`);
  return `<section id="${id}">\n${escapeFence(text)}\n</section>`;
}

/** Other data of the same kind, such as `<question>`: fenced the same way. `tag` is a word of lower-case letters. */
export const fenceBlock = (tag: string, text: string): string => `<${tag}>\n${escapeFence(text)}\n</${tag}>`;
