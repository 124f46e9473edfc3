import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { isUniqueViolation, type Db, type DbTransaction } from '../db.ts';
import { AppError } from '../errors.ts';
import { newId, requireId } from '../ids.ts';
import { checkSchema, type Check, type Playbook } from '../review/playbook.ts';
import type { Caller } from './caller.ts';
import { runIdempotently } from './idempotency.ts';
import { notFound } from './not-found.ts';

/** A playbook as the API shows it. */
export type PlaybookView = Playbook & { readonly builtIn: boolean; readonly createdAt: Date };

export type NewPlaybook = {
  readonly name: string;
  readonly description: string;
  readonly checks: readonly Check[];
  readonly idempotencyKey?: string | null | undefined;
};

const mostChecks = 100;
const newPlaybookSchema = z.object({
  name: z.string().trim().min(1, 'must not be empty').max(200),
  description: z.string().trim().max(2_000),
  checks: z.array(checkSchema).min(1, 'must hold a check').max(mostChecks),
});

/** Playbooks: those that come with the product, and the tenant's own. */
export function createPlaybooks({ db, clock, builtIn }: { db: Db; clock: Clock; builtIn: readonly Playbook[] }) {
  const builtInViews: readonly PlaybookView[] = builtIn.map((playbook) => ({
    ...playbook,
    builtIn: true,
    createdAt: new Date(0),
  }));

  async function own(caller: Caller, ids?: readonly string[]): Promise<PlaybookView[]> {
    const rows = await db.playbook.findMany({
      where: { tenantId: caller.tenantId, ...(ids ? { id: { in: [...ids] } } : {}) },
      orderBy: { id: 'asc' },
    });
    return rows.map(({ checks, ...row }) => ({ ...row, checks: checks as unknown as Check[], builtIn: false }));
  }

  async function byIds(caller: Caller, ids: readonly string[]): Promise<PlaybookView[]> {
    const known = builtInViews.filter(({ id }) => ids.includes(id));
    const rest = ids.filter((id) => !known.some((playbook) => playbook.id === id));
    return rest.length === 0 ? known : [...known, ...(await own(caller, rest))];
  }

  return {
    byIds,

    /** Built-in ones first. */
    list: async (caller: Caller): Promise<PlaybookView[]> => [...builtInViews, ...(await own(caller))],

    /** Throws NOT_FOUND for one that is neither built in nor the caller's. */
    async require(caller: Caller, id: string): Promise<PlaybookView> {
      requireId('Playbook', id);
      const [playbook] = await byIds(caller, [id]);
      if (!playbook) throw notFound('Playbook', id);
      return playbook;
    },

    /** The same to the end of the transaction: it cannot be deleted before that. */
    async hold(transaction: DbTransaction, { tenantId }: Caller, id: string): Promise<void> {
      if (builtInViews.some((playbook) => playbook.id === id)) return;
      const held = await transaction.$queryRaw<unknown[]>`
        SELECT 1 FROM "Playbook" WHERE "id" = ${id} AND "tenantId" = ${tenantId} FOR KEY SHARE`;
      if (held.length === 0) throw notFound('Playbook', id);
    },

    /** Throws BAD_USER_INPUT naming the first field that is wrong, CONFLICT for a name that is taken. */
    async create(caller: Caller, input: NewPlaybook): Promise<PlaybookView> {
      const parsed = newPlaybookSchema.safeParse(input);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw new AppError(
          'BAD_USER_INPUT',
          `${issue?.path.join('.') ?? 'input'}: ${issue?.message ?? 'is not valid'}.`,
        );
      }
      const { name, description, checks } = parsed.data;
      const twice = checks.find(({ ref }, index) => checks.findIndex((other) => other.ref === ref) !== index);
      if (twice) throw new AppError('BAD_USER_INPUT', `Two checks have the ref ${twice.ref}; give each its own.`);
      const key =
        name
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
          .replaceAll(/^-|-$/g, '') || 'playbook';
      if (builtInViews.some((playbook) => playbook.key === key)) throw taken(name);
      try {
        const { result } = await runIdempotently(
          db,
          caller,
          { operation: 'createPlaybook', key: input.idempotencyKey, input: parsed.data },
          new Date(clock.now()),
          async (transaction) => {
            const id = newId('Playbook');
            await transaction.playbook.create({
              data: { id, tenantId: caller.tenantId, key, name, description, checks },
            });
            return { id };
          },
        );
        const [made] = await own(caller, [result.id]);
        if (!made) throw notFound('Playbook', result.id);
        return made;
      } catch (error) {
        throw isUniqueViolation(error) ? taken(name) : error;
      }
    },

    /** CONFLICT for one that documents use, and for a built-in one. */
    async delete(caller: Caller, input: { id: string; idempotencyKey?: string | null | undefined }): Promise<string> {
      requireId('Playbook', input.id);
      if (builtInViews.some(({ id }) => id === input.id)) {
        throw new AppError('CONFLICT', 'This playbook comes with the product and cannot be deleted.');
      }
      const { result } = await runIdempotently(
        db,
        caller,
        { operation: 'deletePlaybook', key: input.idempotencyKey, input: { id: input.id } },
        new Date(clock.now()),
        async (transaction) => {
          // Whoever holds it is about to use it.
          await transaction.$queryRaw`
            SELECT 1 FROM "Playbook" WHERE "id" = ${input.id} AND "tenantId" = ${caller.tenantId} FOR UPDATE`;
          const users = await transaction.document.count({
            where: { tenantId: caller.tenantId, playbookId: input.id },
          });
          if (users > 0) {
            throw new AppError(
              'CONFLICT',
              `${users === 1 ? '1 document is' : `${users} documents are`} reviewed with this playbook. Delete ${users === 1 ? 'it' : 'them'} first, or keep the playbook.`,
            );
          }
          const { count } = await transaction.playbook.deleteMany({
            where: { id: input.id, tenantId: caller.tenantId },
          });
          if (count === 0) throw notFound('Playbook', input.id);
          return { id: input.id };
        },
      );
      return result.id;
    },
  };
}

const taken = (name: string): AppError =>
  new AppError('CONFLICT', `There is a playbook named like "${name}" already. Choose another name.`);
