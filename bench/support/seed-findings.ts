import { useSqlSession } from '../../src/database/sql-session.ts';
import { createDb } from '../../src/db.ts';
import { mergeTallies } from '../../src/services/statistics/tallies.ts';

/** What is seeded for the tenant that is measured; beside it, another tenant has a fifth of it. */
export const seeded = {
  sessions: 100,
  documentsPerSession: 10,
  sectionsPerDocument: 20,
  findingsPerAnalysis: 5,
  /** Days over which the documents are spread. */
  days: 100,
} as const;

export const measuredTenant = 'measured';

/**
 * 100,000 findings that count, and what belongs to them in the proportions of real use: every tenth section analysed twice, so that 10,000
 * further findings are superseded; every fifth analysis throttled once before it is answered, half of those by another model; two findings in
 * five decided on; one finding in fifty a duplicate of the one before it; a chat of four messages for every document.
 */
export async function seedFindings(databaseUrl: string): Promise<void> {
  await useSqlSession(databaseUrl, async (session) => {
    await session.run(seedTenant(measuredTenant, 'm', seeded.sessions));
    await session.run(seedTenant('another', 'o', seeded.sessions / 5));
    // What a worker and autovacuum do by themselves within minutes.
    const db = createDb({ url: databaseUrl, poolSize: 1 });
    await mergeTallies(db);
    await db.$disconnect();
    for (const table of ['Document', 'Section', 'Analysis', 'ModelAttempt', 'Feedback', 'ChatMessage'])
      await session.run(`VACUUM ANALYZE "${table}"`);
    // Merged every minute, tallies do not grow to what a hundred days at once have left of them.
    await session.run('VACUUM (FULL, ANALYZE) "FindingTally"');
    await session.run('VACUUM (FULL, ANALYZE) "CallTally"');
  });
}

const id = (kind: string, mark: string, number: string): string =>
  `'${kind}_${mark}' || lpad((${number})::text, 25, '0')`;

function seedTenant(tenant: string, mark: string, sessions: number): string {
  const { documentsPerSession, sectionsPerDocument, findingsPerAnalysis, days } = seeded;
  const documents = sessions * documentsPerSession;
  const sections = documents * sectionsPerDocument;
  const firstRuns = Math.floor(sections / 10);
  const analyses = sections + firstRuns;
  const attempts = Math.floor(analyses / 5);
  /** When the thing of this number of `total` was made: oldest first. */
  const at = (number: string, total: number): string =>
    `timestamp '2026-01-01' + interval '1 second' * ((${number}) * ${days} * 86400.0 / ${total})`;
  // The first runs of every tenth section have the highest numbers: 10 * (number - sections).
  const sectionOf = (analysis: string): string =>
    `CASE WHEN ${analysis} < ${sections} THEN ${analysis} ELSE 10 * (${analysis} - ${sections}) END`;
  return `
    INSERT INTO "Session" ("id", "tenantId", "title")
    SELECT ${id('ses', mark, 'n')}, '${tenant}', 'Session ' || n FROM generate_series(0, ${sessions - 1}) n;

    INSERT INTO "Document" ("id", "tenantId", "sessionId", "filename", "format", "sizeBytes", "sha256", "storageKey", "status", "sectionCount", "createdAt")
    SELECT ${id('doc', mark, 'n')}, '${tenant}', ${id('ses', mark, `n / ${documentsPerSession}`)},
           n || '.docx', 'DOCX', 100000, repeat('0', 64), n::text, 'READY', ${sectionsPerDocument}, ${at('n', documents)}
    FROM generate_series(0, ${documents - 1}) n;

    INSERT INTO "Section" ("id", "tenantId", "documentId", "ordinal", "title", "level", "text", "wordCount", "startOffset", "endOffset")
    SELECT ${id('sec', mark, 'n')}, '${tenant}', ${id('doc', mark, `n / ${sectionsPerDocument}`)}, n % ${sectionsPerDocument},
           'Clause ' || n, 1, repeat('The Supplier shall be liable for what it supplies. ', 20), 180, 0, 1000
    FROM generate_series(0, ${sections - 1}) n;

    INSERT INTO "Analysis" ("id", "tenantId", "documentId", "sectionId", "status", "attempt", "percent", "thinking", "summary", "risk",
                            "confidence", "modelKey", "contextTokensSaved", "createdAt", "startedAt", "finishedAt", "closedAt")
    SELECT ${id('ana', mark, 'n')}, '${tenant}', ${id('doc', mark, `s / ${sectionsPerDocument}`)}, ${id('sec', mark, 's')},
           CASE WHEN n % 50 = 49 THEN 'FAILED' ELSE 'COMPLETED' END::"AnalysisStatus", 1, 100, repeat('thinking ', 60), 'A summary.', 'HIGH',
           0.85, CASE WHEN n % 10 = 0 THEN 'sonnet-4.6' ELSE 'sonnet-4.5' END, n % 300, t, t + interval '1 second',
           t + interval '1 second' + interval '1 millisecond' * (5000 + (n * 7919) % 40000), t + interval '50 seconds'
    FROM (SELECT n, ${sectionOf('n')} AS s, ${at(sectionOf('n'), sections)} AS t FROM generate_series(0, ${analyses - 1}) n) a;

    UPDATE "Section" SET ("latestAnalysisId", "currentAnalysisId") = ('ana_' || substr("id", 5), 'ana_' || substr("id", 5)) WHERE "tenantId" = '${tenant}';

    INSERT INTO "ModelAttempt" ("id", "tenantId", "analysisId", "attempt", "modelKey", "region", "outcome", "startedAt", "durationMs",
                                "firstTokenMs", "inputTokens", "outputTokens", "costUsd")
    SELECT ${id('mat', mark, 'n')}, '${tenant}', ${id('ana', mark, 'a')}, 1,
           CASE WHEN n >= ${attempts} AND a % 10 = 0 THEN 'sonnet-4.6' ELSE 'sonnet-4.5' END, 'us-east-2',
           CASE WHEN n < ${attempts} THEN 'THROTTLED' ELSE 'SUCCEEDED' END::"ModelAttemptOutcome", ${at('a', analyses)}, 9000,
           CASE WHEN n < ${attempts} THEN NULL ELSE 300 + (n * 7907) % 4000 END,
           CASE WHEN n < ${attempts} THEN 0 ELSE 2500 END, CASE WHEN n < ${attempts} THEN 0 ELSE 900 END,
           CASE WHEN n < ${attempts} THEN 0 ELSE 0.021 END
    FROM (SELECT n, CASE WHEN n < ${attempts} THEN n * 5 ELSE n - ${attempts} END AS a
          FROM generate_series(0, ${attempts + analyses - 1}) n) m;

    INSERT INTO "Feedback" ("id", "tenantId", "documentId", "sectionId", "analysisId", "source", "modelKey", "kind", "category", "risk", "title",
                            "detail", "recommendation", "questions", "confidence", "evidence", "checks", "groupId", "status", "createdAt",
                            "updatedAt")
    SELECT ${id('fbk', mark, 'n')}, '${tenant}', ${id('doc', mark, `s / ${sectionsPerDocument}`)}, ${id('sec', mark, 's')},
           ${id('ana', mark, `n / ${findingsPerAnalysis}`)}, 'MODEL', CASE WHEN n / ${findingsPerAnalysis} % 10 = 0 THEN 'sonnet-4.6' ELSE 'sonnet-4.5' END, 'RISK',
           (ARRAY['Liability', 'Privacy', 'Payment', 'Termination', 'Confidentiality', 'Security', 'Scope', 'Warranty'])[1 + n / 7 % 8],
           (ARRAY['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']::"RiskLevel"[])[1 + n / 3 % 4], 'Unlimited liability of the Supplier',
           repeat('It is liable without limit. ', 10), repeat('Agree on a cap. ', 8), '{}', 0.5 + (n * 31 % 50) / 100.0,
           jsonb_build_array(jsonb_build_object('quote', repeat('liable ', 20), 'startOffset', 1, 'endOffset', 140, 'page', 1, 'verified', true)),
           '{LIAB-1}', ${id('fbk', mark, 'CASE WHEN n % 50 = 49 THEN n - 1 ELSE n END')},
           (ARRAY['ACCEPTED', 'PENDING', 'REJECTED', 'PENDING', 'PENDING']::"FeedbackStatus"[])[1 + n % 5], t, t
    FROM (SELECT n, ${sectionOf(`n / ${findingsPerAnalysis}`)} AS s, ${at(sectionOf(`n / ${findingsPerAnalysis}`), sections)} AS t
          FROM generate_series(0, ${analyses * findingsPerAnalysis - 1}) n) f;

    INSERT INTO "Chat" ("id", "tenantId", "documentId")
    SELECT ${id('cht', mark, 'n')}, '${tenant}', ${id('doc', mark, 'n')} FROM generate_series(0, ${documents - 1}) n;

    INSERT INTO "ChatMessage" ("id", "tenantId", "chatId", "documentId", "role", "status", "text", "createdAt")
    SELECT ${id('msg', mark, 'n')}, '${tenant}', ${id('cht', mark, 'n / 4')}, ${id('doc', mark, 'n / 4')},
           CASE WHEN n % 2 = 0 THEN 'USER' ELSE 'ASSISTANT' END::"ChatRole", 'COMPLETED', repeat('What is the cap? ', 20),
           ${at('n', documents * 4)}
    FROM generate_series(0, ${documents * 4 - 1}) n;

    INSERT INTO "ModelAttempt" ("id", "tenantId", "messageId", "attempt", "modelKey", "region", "outcome", "startedAt", "durationMs",
                                "firstTokenMs", "inputTokens", "outputTokens", "costUsd")
    SELECT ${id('mat', mark, `1000000 + n`)}, '${tenant}', ${id('msg', mark, '2 * n + 1')}, 1, 'sonnet-4.5', 'us-east-2', 'SUCCEEDED',
           ${at('n', documents * 2)}, 4000, 300 + (n * 7907) % 3000, 4000, 300, 0.0165
    FROM generate_series(0, ${documents * 2 - 1}) n;`;
}
