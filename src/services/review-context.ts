import { uniqBy } from 'es-toolkit/array/uniqBy';
import type { Analysis, Db } from '../db.ts';
import { thisSection, type DecisionRow, type EarlierRow, type ReviewContext } from '../review/context.ts';

/** Rows that are read; how many of them fit a prompt is decided where it is written. */
const mostSectionsAside = 30;
const mostDecisions = 60;
const mostEarlier = 60;
const neighboursAside = 2;

/** Of one text within a row, in UTF-16 code units; a longer one ends in an ellipsis. */
const longestTitle = 200;
const longestNote = 300;
const longestSummary = 800;

type Aside = Pick<ReviewContext, 'outline' | 'before' | 'behind' | 'neighbours'>;

type SectionRow = {
  id: string;
  title: string;
  level: number;
  ordinal: number;
  /** Of all sections of the document. */
  total: number;
  status: string | null;
  risk: string | null;
  isNeighbour: boolean;
  shownRisk: string | null;
  shownSummary: string | null;
};

type Reviewed = Pick<Analysis, 'documentId' | 'sectionId' | 'previousId'>;

/** What is known of a document around one of its sections, for a model that reviews that section. */
export function createReviewContext({ db }: { db: Db }) {
  async function around({ documentId, sectionId }: Reviewed): Promise<Aside> {
    const rows = await db.$queryRaw<SectionRow[]>`
      SELECT s."id", s."title", s."level", latest."status"::text, latest."risk"::text,
             shown."id" IS NOT NULL AS "isNeighbour", shown."risk"::text AS "shownRisk", shown."summary" AS "shownSummary",
             s."ordinal", (SELECT count(*) FROM "Section" WHERE "documentId" = ${documentId})::int AS "total"
      FROM "Section" here
      JOIN "Section" s ON s."documentId" = ${documentId}
           AND s."ordinal" BETWEEN here."ordinal" - ${mostSectionsAside}::int AND here."ordinal" + ${mostSectionsAside}::int
      LEFT JOIN "Analysis" latest ON latest."id" = s."latestAnalysisId"
      LEFT JOIN "Analysis" shown ON shown."id" = s."currentAnalysisId" AND shown."status" = 'COMPLETED'
           AND s."id" <> here."id" AND abs(s."ordinal" - here."ordinal") <= ${neighboursAside}::int
      WHERE here."id" = ${sectionId} AND here."documentId" = ${documentId}
      ORDER BY s."ordinal"`;
    const [first] = rows;
    // Deleted meanwhile, and the analysis with it.
    if (!first) return { outline: [], before: 0, behind: 0, neighbours: [] };
    return {
      outline: rows.map(({ id, title, level, status, risk }) => ({
        title: shorten(title, longestTitle),
        level,
        state: id === sectionId ? thisSection : (status?.toLowerCase() ?? 'not reviewed'),
        risk: (id !== sectionId && risk) || '',
      })),
      before: first.ordinal,
      behind: Math.max(0, first.total - first.ordinal - rows.length),
      neighbours: rows
        .filter(({ isNeighbour }) => isNeighbour)
        .map(({ title, shownRisk, shownSummary }) => ({
          section: shorten(title, longestTitle),
          risk: shownRisk ?? '',
          summary: shorten(shownSummary ?? '', longestSummary),
        })),
    };
  }

  /** On findings that stand: reviewers' own, and those that sections show, the one under review among them. */
  async function decisions({ documentId }: Reviewed): Promise<DecisionRow[]> {
    const decided = await db.$queryRaw<(DecisionRow & { groupId: string })[]>`
      SELECT f."groupId", s."title" AS "section", f."title", f."category", f."risk"::text, f."status"::text AS "decision",
             coalesce((SELECT r."note" FROM "FeedbackRevision" r WHERE r."feedbackId" = f."id" ORDER BY r."id" DESC LIMIT 1), '') AS "note"
      FROM "Feedback" f JOIN "Section" s ON s."id" = f."sectionId"
      WHERE f."documentId" = ${documentId} AND f."status" IN ('ACCEPTED', 'REJECTED') AND f."isCurrent"
      ORDER BY f."updatedAt" DESC, f."id" DESC
      LIMIT ${mostDecisions}::int`;
    // Of findings that say the same, one is enough.
    return uniqBy(decided, ({ groupId }) => groupId).map(({ section, title, category, risk, decision, note }) => ({
      section: shorten(section, longestTitle),
      title: shorten(title, longestTitle),
      category,
      risk,
      decision,
      note: shorten(note, longestNote),
    }));
  }

  async function earlier({ previousId }: Reviewed): Promise<EarlierRow[]> {
    if (previousId === null) return [];
    const found = await db.feedback.findMany({
      where: { analysisId: previousId },
      orderBy: { id: 'asc' },
      take: mostEarlier,
      select: { title: true, risk: true },
    });
    return found.map(({ title, risk }) => ({ title: shorten(title, longestTitle), risk }));
  }

  return {
    /** For an analysis that a worker has taken up; the document's tenant alone is in it. */
    async of(analysis: Reviewed): Promise<ReviewContext> {
      const [aside, decided, found] = await Promise.all([around(analysis), decisions(analysis), earlier(analysis)]);
      return { ...aside, decisions: decided, earlier: found };
    },
  };
}

function shorten(text: string, most: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= most ? line : `${line.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
