import { z } from 'zod';

export const riskLevels = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;
export type RiskLevel = (typeof riskLevels)[number];

/** PostgreSQL's text holds no NUL and its JSON no half of a surrogate pair; everything else that a model writes is kept as it is. */
export const storable = (text: string): string => text.replaceAll('\0', '').toWellFormed();

const words = (max: number) =>
  z
    .string()
    .transform((value) => storable(value).trim())
    .pipe(z.string().min(1).max(max));
const ratio = z.number().min(0).max(1);

const findingLine = z.object({
  type: z.literal('finding'),
  kind: z.enum(['RISK', 'GAP', 'QUESTION', 'SUGGESTION', 'STRENGTH']).default('RISK'),
  category: words(200),
  risk: z.enum(riskLevels).default('MEDIUM'),
  title: words(500),
  detail: words(10_000),
  recommendation: words(10_000).nullish(),
  questions: z.array(words(2_000)).max(50).default([]),
  evidence: z.array(words(20_000)).min(1).max(50),
  checks: z.array(words(100)).max(50).default([]),
  confidence: ratio,
});

const summaryLine = z.object({
  type: z.literal('summary'),
  risk: z.enum(riskLevels).nullish(),
  summary: words(20_000),
  confidence: ratio,
});

/** One line of a model's answer to a review. */
export const answerLine = z.discriminatedUnion('type', [findingLine, summaryLine]);

export type FindingLine = z.infer<typeof findingLine>;
export type SummaryLine = z.infer<typeof summaryLine>;
