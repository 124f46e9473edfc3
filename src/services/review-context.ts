import { uniqBy } from 'es-toolkit';
import type { Analysis, Db } from '../db.ts';
import {
  thisSection,
  type DecisionRow,
  type EarlierRow,
  type OutlineRow,
  type ReviewContext,
} from '../review/context.ts';

/** Rows that are read; how many of them fit a prompt is decided where it is written. */
const mostSectionsAside = 30;
const mostDecisions = 60;
const mostEarlier = 60;
const neighboursAside = 2;

/** Of one text within a row, in UTF-16 code units; a longer one ends in an ellipsis. */
const longestTitle = 200;
const longestNote = 300;
const longestSummary = 800;

type Reviewed = Pick<Analysis, 'documentId' | 'sectionId' | 'previousId'>;

/** What is known of a document around one of its sections, for a model that reviews that section. */
export function createReviewContext({ db }: { db: Db }) {
  async function around({ documentId, sectionId }: Reviewed) {
    const here = await db.section.findUnique({ where: { id: sectionId }, select: { ordinal: true } });
    // Deleted meanwhile, and the analysis with it.
    if (!here) return { outline: [], before: 0, behind: 0, neighbours: [] };
    const { ordinal } = here;
    const range = (aside: number) => ({ gte: ordinal - aside, lte: ordinal + aside });
    const [total, sections, neighbours] = await Promise.all([
      db.section.count({ where: { documentId } }),
      db.section.findMany({
        where: { documentId, ordinal: range(mostSectionsAside) },
        orderBy: { ordinal: 'asc' },
        select: { id: true, title: true, level: true, latestAnalysis: { select: { status: true, risk: true } } },
      }),
      db.section.findMany({
        where: {
          documentId,
          id: { not: sectionId },
          ordinal: range(neighboursAside),
          currentAnalysis: { status: 'COMPLETED' },
        },
        orderBy: { ordinal: 'asc' },
        select: { title: true, currentAnalysis: { select: { risk: true, summary: true } } },
      }),
    ]);
    const outline = sections.map(({ id, title, level, latestAnalysis }): OutlineRow => ({
      title: shorten(title, longestTitle),
      level,
      state: id === sectionId ? thisSection : (latestAnalysis?.status.toLowerCase() ?? 'not reviewed'),
      risk: (id !== sectionId && latestAnalysis?.risk) || '',
    }));
    const before = Math.max(0, ordinal - mostSectionsAside);
    return {
      outline,
      before,
      behind: Math.max(0, total - before - outline.length),
      neighbours: neighbours.map(({ title, currentAnalysis }) => ({
        section: shorten(title, longestTitle),
        risk: currentAnalysis?.risk ?? '',
        summary: shorten(currentAnalysis?.summary ?? '', longestSummary),
      })),
    };
  }

  /** On findings that stand: reviewers' own, and those that sections show, the one under review among them. */
  async function decisions({ documentId }: Reviewed): Promise<DecisionRow[]> {
    const decided = await db.feedback.findMany({
      where: { documentId, status: { in: ['ACCEPTED', 'REJECTED'] }, isCurrent: true },
      orderBy: [{ updatedAt: 'desc' }, { id: 'desc' }],
      take: mostDecisions,
      select: {
        groupId: true,
        title: true,
        category: true,
        risk: true,
        status: true,
        section: { select: { title: true } },
        revisions: { orderBy: { id: 'desc' }, take: 1, select: { note: true } },
      },
    });
    // Of findings that say the same, one is enough.
    return uniqBy(decided, ({ groupId }) => groupId).map(({ title, category, risk, status, section, revisions }) => ({
      section: shorten(section.title, longestTitle),
      title: shorten(title, longestTitle),
      category,
      risk,
      decision: status,
      note: shorten(revisions[0]?.note ?? '', longestNote),
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
