import { Prisma } from '../../db.ts';
import { ofSessions, within, type Scope } from './scope.ts';

/**
 * A table `(…)` of the scope's model attempts that began in the window, for analyses and for chats, each with its `key`. Calls of earlier
 * executions and of superseded analyses are among them: they were paid for.
 */
export function callsOf(scope: Scope): Prisma.Sql {
  const { tenantId, sessionIds, window } = scope;
  const inWindow = within(window, Prisma.sql`m."startedAt"`);
  if (sessionIds === null) {
    return Prisma.sql`(SELECT ''::text AS "key", m.* FROM "ModelAttempt" m WHERE m."tenantId" = ${tenantId} ${inWindow})`;
  }
  // From the documents on, so that what a session costs to read does not grow with its tenant.
  return Prisma.sql`(
    SELECT d."sessionId" AS "key", m.*
    FROM "Document" d JOIN "Analysis" a ON a."documentId" = d."id" JOIN "ModelAttempt" m ON m."analysisId" = a."id"
    WHERE d."tenantId" = ${tenantId} ${ofSessions(scope)} ${inWindow}
    UNION ALL
    SELECT d."sessionId", m.*
    FROM "Document" d JOIN "ChatMessage" c ON c."documentId" = d."id" JOIN "ModelAttempt" m ON m."messageId" = c."id"
    WHERE d."tenantId" = ${tenantId} ${ofSessions(scope)} ${inWindow})`;
}
