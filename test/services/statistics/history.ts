import fc from 'fast-check';
import { Prisma, type Db } from '../../../src/db.ts';
import { mergeTallies } from '../../../src/services/statistics/tallies.ts';
import { at, type Rows } from './rows.ts';

/** How often each happens, beside the others. */
const weights = {
  finds: 3,
  repeats: 1,
  adds: 1,
  decides: 2,
  edits: 1,
  calls: 2,
  reruns: 1,
  returns: 1,
  deletesFinding: 1,
  deletesAnalysis: 1,
  deletesDocument: 1,
  uploads: 1,
  merges: 1,
} as const;
type What = keyof typeof weights;
const what = fc.oneof(
  ...Object.entries(weights).map(([name, weight]) => ({ weight, arbitrary: fc.constant(name as What) })),
);

export const step = fc.record({
  what,
  /** Which of the things that there are. */
  which: fc.nat(),
  choice: fc.nat(),
  /** 0 to 1, with as many digits as a computed one has. */
  share: fc.nat(997).map((number) => number / 997),
  /** Of three days. */
  createdAt: fc.nat(72 * 3_600_000).map((ms) => new Date(at('00:00:00').getTime() + ms)),
});
export type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const of = <T>(values: readonly T[], index: number): T | undefined => values[index % values.length];
// Gone meanwhile; or a deletion and a writer of the same rows waited for each other, and Postgres has undone one of them whole.
const passedOver: ReadonlySet<string> = new Set(['P2003', 'P2025', 'P2034']);

/** Does one thing after the other to the tenant of `rows`, beside others that do the same. */
export function createHistory(db: Db, rows: Rows, sessionId: string) {
  const where = { tenantId: rows.tenantId };
  const risks = ['LOW', 'HIGH'] as const;
  const statuses = ['PENDING', 'ACCEPTED', 'REJECTED'] as const;
  const outcomes = ['SUCCEEDED', 'SUCCEEDED', 'THROTTLED', 'SKIPPED_COOLING_DOWN'] as const;
  const models = ['sonnet-4.5', 'sonnet-4.6'];
  const any = { orderBy: { id: 'asc' }, where } as const;

  async function upload(createdAt: Date): Promise<void> {
    const documentId = await rows.document(sessionId, createdAt);
    for (let index = 0; index < 2; index += 1)
      await rows.analysis(await rows.section(documentId), { createdAt, modelKey: null });
  }

  async function find({ which, choice, share, createdAt }: Step, groupId?: string): Promise<void> {
    const analysis = await anAnalysis(which);
    if (!analysis) return;
    await rows.finding({ id: analysis.sectionId, documentId: analysis.documentId }, analysis.id, {
      risk: of(risks, choice) ?? 'LOW',
      category: `category ${choice % 3}`,
      modelKey: of(models, choice) ?? null,
      confidence: share,
      createdAt,
      ...(groupId === undefined ? {} : { groupId }),
    });
  }

  const finding = async (which: number) => of(await db.feedback.findMany(any), which);
  const anAnalysis = async (which: number) => of(await db.analysis.findMany(any), which);
  const section = async (which: number) => of(await db.section.findMany(any), which);

  const doing: { readonly [K in What]: (step: Step) => Promise<unknown> } = {
    uploads: ({ createdAt }) => upload(createdAt),
    finds: (each) => find(each),
    repeats: async (each) => find(each, (await finding(each.choice))?.groupId),
    async adds({ which, share: confidence, createdAt }) {
      const one = await section(which);
      if (one) await rows.finding(one, null, { confidence, createdAt });
    },
    async decides({ which, choice }) {
      const id = (await finding(which))?.id ?? '';
      await db.feedback.updateMany({ where: { id }, data: { status: of(statuses, choice) ?? 'PENDING' } });
    },
    async edits({ which, choice }) {
      const id = (await finding(which))?.id ?? '';
      await db.feedback.updateMany({ where: { id }, data: { risk: of(risks, choice) ?? 'LOW', title: 'edited' } });
    },
    async calls({ which, choice, share, createdAt }) {
      const one = await anAnalysis(which);
      const used = { inputTokens: choice % 1_000, costUsd: share, startedAt: createdAt };
      const outcome = of(outcomes, choice) ?? 'SUCCEEDED';
      if (one) await rows.call({ analysisId: one.id }, of(models, which) ?? '', outcome, used);
    },
    async reruns({ which, createdAt }) {
      const one = await section(which);
      if (one) await rows.analysis(one, { createdAt });
    },
    async returns({ which }) {
      const one = await anAnalysis(which);
      if (one) await db.section.updateMany({ where: { id: one.sectionId }, data: { currentAnalysisId: one.id } });
    },
    deletesFinding: async ({ which }) => db.feedback.deleteMany({ where: { id: (await finding(which))?.id ?? '' } }),
    deletesAnalysis: async ({ which }) =>
      db.analysis.deleteMany({ where: { id: (await anAnalysis(which))?.id ?? '' } }),
    async deletesDocument({ which, createdAt }) {
      const one = of(await db.document.findMany(any), which);
      await db.document.deleteMany({ where: { id: one?.id ?? '' } });
      await upload(createdAt);
    },
    merges: () => mergeTallies(db),
  };

  return {
    upload,

    async run(steps: readonly Step[]): Promise<void> {
      for (const each of steps) {
        await doing[each.what](each).catch((error: unknown) => {
          if (!(error instanceof Prisma.PrismaClientKnownRequestError && passedOver.has(error.code))) throw error;
        });
      }
    },
  };
}
