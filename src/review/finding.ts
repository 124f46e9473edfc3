import { z } from 'zod';
import { storable } from '../storable-text.ts';
import { unescapeFence } from './fence.ts';

export const riskLevels = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;
export type RiskLevel = (typeof riskLevels)[number];

const textOf = (max: number, read: (text: string) => string) =>
  z
    .string()
    .transform((value) => read(storable(value)).trim())
    .pipe(z.string().min(1).max(max));
/** The model copies the fence's escapes: they are undone wherever it writes words of its own about the document. */
const words = (max: number) => textOf(max, unescapeFence);
/** As the model wrote it: whether an escape is the fence's or the document's own shows when it is looked up. */
const quotation = (max: number) => textOf(max, (text) => text);
const ratio = z.number().min(0).max(1);

/** Null and blank text are ways of leaving out what need not be there: a finding is not worth less for them, nor is a repair worth its price. */
const isLeftOut = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'string' && storable(value).trim() === '');
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (isLeftOut(value) ? undefined : value), schema.optional());
const listOf = <T extends z.ZodType>(item: T, least = 0) =>
  z.preprocess((value) => {
    if (isLeftOut(value)) return [];
    return Array.isArray(value) ? value.filter((entry) => !isLeftOut(entry)) : value;
  }, z.array(item).min(least).max(50));
const upperCase = (value: unknown): unknown => {
  if (isLeftOut(value)) return undefined;
  return typeof value === 'string' ? value.trim().toUpperCase() : value;
};

const findingLine = z.object({
  type: z.literal('finding'),
  kind: z.preprocess(upperCase, z.enum(['RISK', 'GAP', 'QUESTION', 'SUGGESTION', 'STRENGTH']).default('RISK')),
  category: words(200),
  risk: z.preprocess(upperCase, z.enum(riskLevels).default('MEDIUM')),
  title: words(500),
  detail: words(10_000),
  recommendation: optional(words(10_000)),
  questions: listOf(words(2_000)),
  evidence: listOf(quotation(20_000), 1),
  checks: listOf(words(100)),
  confidence: ratio,
});

const summaryLine = z.object({
  type: z.literal('summary'),
  risk: z.preprocess(upperCase, z.enum(riskLevels).optional()),
  summary: words(20_000),
  confidence: ratio,
});

/** One line of a model's answer to a review. */
export const answerLine = z.discriminatedUnion('type', [findingLine, summaryLine]);

export type FindingLine = z.infer<typeof findingLine>;
export type SummaryLine = z.infer<typeof summaryLine>;
