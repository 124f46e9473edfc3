/** NUL (which Postgres refuses), the other control characters, and code units that are no character by themselves. */
// oxlint-disable-next-line no-control-regex
const unwanted = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufeff\ufffe\uffff]|\p{Cs}/gu;
// oxlint-disable-next-line no-control-regex
const suspicious = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]/;
// oxlint-disable-next-line no-control-regex
const lineEnds = /\r\n?|[\u000b\u000c\u0085\u2028\u2029]/g;

/**
 * Text that is safe to store: line ends are \n, control characters other than tab and \n are gone, lone surrogates are U+FFFD.
 */
export function cleanText(text: string): string {
  // Nearly every text has nothing to clean; one test is much cheaper than two replacements.
  if (!suspicious.test(text)) return text;
  return text
    .replace(lineEnds, '\n')
    .replace(unwanted, (found) => (found >= '\ud800' && found <= '\udfff' ? '\ufffd' : ''));
}
