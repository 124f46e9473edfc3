import { join } from 'node:path';
import { z } from 'zod';
import { readYaml } from './read-yaml.ts';

export const checkSchema = z.strictObject({
  /** Short and stable within its playbook, for example GEN-3. */
  ref: z.string().regex(/^[A-Z][A-Z0-9]{0,9}-\d{1,4}$/),
  title: z.string().min(1).max(200),
  /** What the model is told to look for. */
  guidance: z.string().min(1).max(2_000),
});

const fileSchema = z.strictObject({
  id: z.int().min(1).max(99),
  name: z.string().min(1),
  description: z.string().min(1),
  checks: z
    .array(checkSchema)
    .min(1)
    .refine((checks) => new Set(checks.map(({ ref }) => ref)).size === checks.length, 'two checks have the same ref'),
});

export type Check = z.infer<typeof checkSchema>;

/** What a review looks for. */
export type Playbook = {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly checks: readonly Check[];
};

/** The first is the default. */
const builtInKeys = ['general-risk', 'contract', 'investigation'] as const;

// A TypeID like all others, but the same everywhere and in every version.
const builtInId = (number: number): string => `pbk_${String(number).padStart(26, '0')}`;

export const defaultPlaybookId = builtInId(1);

/** Reads the playbooks that come with the product: files that a person can read and edit. Throws when one is not valid, naming it. */
export function loadPlaybooks(packageRoot: string): readonly Playbook[] {
  return builtInKeys.map((key) => {
    const path = join(packageRoot, 'src', 'review', 'playbooks', `${key}.yaml`);
    const { id, ...rest } = readYaml(path, fileSchema);
    return { ...rest, id: builtInId(id), key };
  });
}
