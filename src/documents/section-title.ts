const maxLength = 300;

/** A text as a title: on one line, at most 300 characters, cut between two characters. Empty for a blank text. */
export function toTitle(text: string): string {
  // The rest of a very long text cannot reach the title; what is collapsed is bounded.
  const title = text
    .trimStart()
    .slice(0, 4 * maxLength)
    .replace(/\s+/g, ' ')
    .trim();
  if (title.length <= maxLength) return title;
  const cut = title.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '');
  return `${cut.trimEnd()}…`;
}
