/** Where a session's objects lie. */
export const sessionFolder = (sessionId: string): string => `sessions/${sessionId}/`;

export const documentFolder = (sessionId: string, documentId: string): string =>
  `${sessionFolder(sessionId)}documents/${documentId}/`;

/** The bytes as they were uploaded. */
export const originalKey = (sessionId: string, documentId: string): string =>
  `${documentFolder(sessionId, documentId)}original`;

/** A report's renderings, one per attempt at it. */
export const reportFolder = (sessionId: string, documentId: string, reportId: string): string =>
  `${documentFolder(sessionId, documentId)}reports/${reportId}/`;
