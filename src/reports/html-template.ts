import { escape } from 'es-toolkit/string/escape';

const brand: unique symbol = Symbol('Html');

/** Markup that was made here: whatever came from outside is text in it. */
export type Html = { readonly [brand]: string };

type Value = Html | string | number | null | readonly Html[];

/** A piece of HTML; values are escaped unless they are pieces themselves, null is nothing. Attributes must be in quotation marks. */
export const html = (strings: TemplateStringsArray, ...values: readonly Value[]): Html => ({
  [brand]: strings.reduce((before, after, index) => before + markupOf(values[index - 1] ?? null) + after),
});

/** For markup that the template cannot check: a constant of the product, never anything else. */
export const trusted = (markup: string): Html => ({ [brand]: markup });

export const toText = (piece: Html): string => piece[brand];

function markupOf(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'string' || typeof value === 'number') return escape(String(value));
  return brand in value ? value[brand] : value.map(toText).join('');
}

/** Text from outside with its line breaks. */
export const broken = (text: string): readonly Html[] =>
  text.split(/\r\n|\r|\n/).map((line, index) => (index === 0 ? html`${line}` : html`<br />${line}`));
