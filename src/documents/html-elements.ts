const names = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** Elements whose content is not shown, or is no text of the document. */
export const droppedElements = names(
  'script style template title noscript svg canvas iframe object embed audio video datalist map',
);

/** Elements with space around them, in the style sheet that browsers begin with. */
export const paragraphElements = names(
  'p h1 h2 h3 h4 h5 h6 ul ol dl menu dir blockquote pre listing xmp plaintext table hr figure fieldset form address details textarea',
);

/** Elements on lines of their own. */
export const blockElements = names(
  'div li dt dd section article aside header footer main nav hgroup caption figcaption legend center body html summary option search',
);

/** Elements in which white space counts. */
export const preformattedElements = names('pre textarea listing xmp plaintext');

const emphasisElements = names('b strong');

const hiddenStyle = /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))/i;
const boldStyle = /(?:^|;)\s*font-weight\s*:\s*(?:bold|[6-9]00)/i;

type Attributes = Readonly<Record<string, string | undefined>>;

/**
 * Whether an element is hidden by its own attributes. What style sheets hide, and what is white on white or of no size, is read: to
 * know that, a page would have to be rendered.
 */
export const isHidden = (name: string, { hidden, style, open }: Attributes): boolean =>
  hidden !== undefined || (style !== undefined && hiddenStyle.test(style)) || (name === 'dialog' && open === undefined);

export const isBold = (name: string, { style }: Attributes): boolean =>
  emphasisElements.has(name) || (style !== undefined && boldStyle.test(style));

/** 1 to 6 (or what aria-level says) for a heading. */
export function headingLevel(name: string, { role, 'aria-level': ariaLevel }: Attributes): number | undefined {
  const digit = /^h([1-6])$/.exec(name)?.[1];
  if (role === undefined) return digit === undefined ? undefined : Number(digit);
  if (role !== 'heading') return undefined;
  const level = Number(ariaLevel ?? digit ?? 2);
  return Number.isInteger(level) && level >= 1 && level <= 9 ? level : 2;
}

/** What a form shows to have been filled in. */
export function inputText({ type = 'text', value = '', checked }: Attributes): string {
  const kind = type.toLowerCase();
  if (kind === 'checkbox' || kind === 'radio') return checked === undefined ? '☐' : '☒';
  return ['hidden', 'password', 'submit', 'button', 'reset', 'image', 'file'].includes(kind) ? '' : value;
}
