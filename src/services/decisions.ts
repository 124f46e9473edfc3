import { isNil } from 'es-toolkit/predicate/isNil';
import type { Clock } from '../clock.ts';
import type { Db, DbTransaction, Feedback, FeedbackRevision } from '../db.ts';
import { AppError } from '../errors.ts';
import { newId, requireId } from '../ids.ts';
import { createEvidenceFinder } from '../review/evidence.ts';
import { recordActivity } from './activity.ts';
import type { Caller } from './caller.ts';
import { applyDecision } from './decide.ts';
import type { createFeedback } from './feedback.ts';
import { runIdempotently } from './idempotency.ts';
import { notFound } from './not-found.ts';

type Keyed = { readonly idempotencyKey?: string | null | undefined };

export type NewFeedback = Keyed & {
  readonly sectionId: string;
  readonly kind: Feedback['kind'];
  readonly category: string;
  readonly risk: Feedback['risk'];
  readonly title: string;
  readonly detail: string;
  readonly recommendation?: string | null | undefined;
  readonly quote?: string | null | undefined;
};

export type FeedbackChange = Keyed & { readonly id: string } & {
  readonly [K in 'kind' | 'category' | 'risk' | 'title' | 'detail' | 'recommendation']?:
    NewFeedback[K] | null | undefined;
};

const mostAtOnce = 500;

/** What reviewers do with findings: decide on them, add, change and delete their own. */
export function createDecisions(deps: {
  db: Db;
  clock: Clock;
  feedback: Pick<ReturnType<typeof createFeedback>, 'byIds'>;
}) {
  const { db, clock, feedback } = deps;

  const run = <R extends object, I extends Keyed>(
    caller: Caller,
    operation: string,
    { idempotencyKey, ...input }: I,
    work: (transaction: DbTransaction) => Promise<R>,
  ): Promise<R> =>
    runIdempotently(db, caller, { operation, key: idempotencyKey, input }, new Date(clock.now()), work).then(
      ({ result }) => result,
    );

  async function require(caller: Caller, id: string): Promise<Feedback> {
    const [found] = await feedback.byIds(caller, [id]);
    if (!found) throw notFound('Feedback', id);
    return found;
  }

  /** The caller's tenant's finding by a reviewer, locked; a model's finding is decided on, not edited. */
  async function ownFinding(transaction: DbTransaction, caller: Caller, id: string) {
    requireId('Feedback', id);
    const { tenantId } = caller;
    await transaction.$executeRaw`
      SELECT FROM "Feedback" WHERE "id" = ${id} AND "tenantId" = ${tenantId} FOR UPDATE`;
    const found = await transaction.feedback.findFirst({
      where: { id, tenantId },
      include: { document: { select: { sessionId: true } } },
    });
    if (!found) throw notFound('Feedback', id);
    if (found.source === 'MODEL') {
      throw new AppError('CONFLICT', "A model's finding is decided on, not edited or deleted: use decideFeedback.");
    }
    return found;
  }

  return {
    /** Every decision on several findings, oldest first. The caller must have read the findings. */
    history: (feedbackIds: readonly string[]): Promise<FeedbackRevision[]> =>
      db.feedbackRevision.findMany({ where: { feedbackId: { in: [...feedbackIds] } }, orderBy: { id: 'asc' } }),

    /**
     * Decides on up to 500 findings at once, all or none; PENDING takes a decision back. What is decided on one holds for all that say the
     * same in its document, and for what a re-run found in its place. A finding that has that status already stays as it is; its history
     * gets a further entry only for another note.
     */
    async decide(
      caller: Caller,
      input: Keyed & { ids: readonly string[]; status: Feedback['status']; note?: string | null | undefined },
    ): Promise<Feedback[]> {
      const ids = [...new Set(input.ids)].map((id) => requireId('Feedback', id));
      if (ids.length === 0 || ids.length > mostAtOnce) {
        throw new AppError('BAD_USER_INPUT', `ids has ${ids.length} entries; pass 1 to ${mostAtOnce}.`);
      }
      const { status } = input;
      const note = clean('note', input.note, 2_000, false);
      await run(caller, 'decideFeedback', { ...input, ids: ids.toSorted() }, async (transaction) => {
        await applyDecision(transaction, caller, ids, { status, note }, new Date(clock.now()));
        return {};
      });
      const found = await feedback.byIds(caller, ids);
      return ids.flatMap((id) => found.filter((row) => row.id === id));
    },

    /** A reviewer's own finding; a quotation is looked up in the section, and BAD_USER_INPUT when it does not stand there. */
    async add(caller: Caller, input: NewFeedback): Promise<Feedback> {
      requireId('Section', input.sectionId);
      const { id } = await run(caller, 'addFeedback', input, async (transaction) => {
        const section = await transaction.section.findFirst({
          where: { id: input.sectionId, tenantId: caller.tenantId },
          include: { document: { select: { sessionId: true } } },
        });
        if (!section) throw notFound('Section', input.sectionId);
        const evidence = input.quote ? [createEvidenceFinder(section)(input.quote)] : [];
        if (evidence.some(({ verified }) => !verified)) {
          throw new AppError(
            'BAD_USER_INPUT',
            'The quotation does not stand in this section. Copy it word for word, without an ellipsis.',
          );
        }
        const newFeedbackId = newId('Feedback');
        const made = await transaction.feedback.create({
          data: {
            id: newFeedbackId,
            groupId: newFeedbackId,
            tenantId: caller.tenantId,
            documentId: section.documentId,
            sectionId: section.id,
            source: 'REVIEWER',
            kind: input.kind,
            category: clean('category', input.category, 200, true),
            risk: input.risk,
            title: clean('title', input.title, 500, true),
            detail: clean('detail', input.detail, 10_000, true),
            recommendation: clean('recommendation', input.recommendation, 10_000, false),
            questions: [],
            confidence: 1,
            evidence,
            checks: [],
          },
          select: { id: true },
        });
        const { sessionId } = section.document;
        await recordActivity(transaction, caller, { sessionId, action: 'feedback.added', subject: made.id });
        return made;
      });
      return require(caller, id);
    },

    /** Changes the given fields of a reviewer's own finding; CONFLICT for a model's. */
    async update(caller: Caller, input: FeedbackChange): Promise<Feedback> {
      await run(caller, 'updateFeedback', input, async (transaction) => {
        const found = await ownFinding(transaction, caller, input.id);
        await transaction.feedback.update({
          where: { id: found.id },
          data: {
            ...(input.kind ? { kind: input.kind } : {}),
            ...(input.risk ? { risk: input.risk } : {}),
            // An empty text is not one that was left out: it is refused.
            ...(isNil(input.category) ? {} : { category: clean('category', input.category, 200, true) }),
            ...(isNil(input.title) ? {} : { title: clean('title', input.title, 500, true) }),
            ...(isNil(input.detail) ? {} : { detail: clean('detail', input.detail, 10_000, true) }),
            ...(input.recommendation === undefined
              ? {}
              : { recommendation: clean('recommendation', input.recommendation, 10_000, false) }),
          },
        });
        const { sessionId } = found.document;
        await recordActivity(transaction, caller, { sessionId, action: 'feedback.updated', subject: found.id });
        return {};
      });
      return require(caller, input.id);
    },

    /** Deletes a reviewer's own finding; CONFLICT for a model's. */
    async delete(caller: Caller, input: Keyed & { id: string }): Promise<string> {
      await run(caller, 'deleteFeedback', input, async (transaction) => {
        const { id, title, document } = await ownFinding(transaction, caller, input.id);
        await transaction.feedback.delete({ where: { id } });
        await recordActivity(transaction, caller, {
          sessionId: document.sessionId,
          action: 'feedback.deleted',
          subject: id,
          detail: title,
        });
        return {};
      });
      return input.id;
    },
  };
}

function clean(field: string, text: string, limit: number, isRequired: true): string;
function clean(field: string, text: string | null | undefined, limit: number, isRequired: false): string | null;
function clean(field: string, text: string | null | undefined, limit: number, isRequired: boolean): string | null {
  const value = (text ?? '').trim();
  if ((value === '' && isRequired) || value.length > limit) {
    throw new AppError('BAD_USER_INPUT', `${field} must have ${isRequired ? '1' : '0'} to ${limit} characters.`);
  }
  return value === '' ? null : value;
}
