/** Characters that RFC 5987 wants encoded although `encodeURIComponent` leaves them. */
const encodeRest = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

/** Path separators, control and broken characters, and the marks that turn the direction of text and so hide an extension. */
const misleading = /[\p{Cc}\p{Cs}\u200E\u200F\u202A-\u202E\u2066-\u2069/\\]/gu;

export const safeFilename = (filename: string): string => filename.replaceAll(misleading, '_');

/**
 * A Content-Disposition that makes the browser save the body as `filename`, never show it (RFC 6266): a plain ASCII name for old clients
 * and the true one in UTF-8.
 */
export function attachmentDisposition(filename: string): string {
  const safe = safeFilename(filename);
  const ascii = safe.replaceAll(/[^\u0020-\u007E]|["%]/gu, '_');
  const utf8 = encodeURIComponent(safe).replaceAll(/['()*]/g, encodeRest);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${utf8}`;
}

/** Under which name a download goes that was given none. */
export const filenameOfKey = (key: string): string => key.slice(key.lastIndexOf('/') + 1);
