import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { readYaml } from './read-yaml.ts';

/** What a model is told before anything of a document. */
export type Instructions = {
  /** Its number changes whenever the words do. */
  readonly version: string;
  readonly text: string;
};

export type AllInstructions = { readonly review: Instructions; readonly chat: Instructions };

/** What the words have to name, whatever else they say: the form of the question, and the form in which the answer is read. */
const named = {
  review: ['<section id="...">', '</section>', '{"type":"finding",', '{"type":"summary",', '"evidence"', '"checks"'],
  chat: ['<section id="...">', '</section>', '<outline>', '<question>', '<cite>', '</cite>'],
};

function fileSchema(kind: keyof AllInstructions) {
  const instructions = z
    .string()
    .max(20_000)
    .superRefine((words, context) => {
      for (const phrase of named[kind]) {
        if (!words.includes(phrase)) context.addIssue(`does not say ${phrase}, without which answers cannot be read`);
      }
    });
  return z.strictObject({ version: z.string().regex(new RegExp(`^${kind}-\\d+$`)), instructions });
}

/** Reads the instructions in `folder`, files that a person can read and edit. Throws when one is not valid, naming it. */
export function readInstructions(folder: string): AllInstructions {
  const read = (kind: keyof AllInstructions): Instructions => {
    const { version, instructions } = readYaml(join(folder, `${kind}.yaml`), fileSchema(kind));
    return { version, text: instructions };
  };
  return { review: read('review'), chat: read('chat') };
}

/** Those that come with the product. */
export const loadInstructions = (packageRoot: string): AllInstructions =>
  readInstructions(join(packageRoot, 'src', 'review', 'instructions'));

/** Stored with what a model is asked for: the version, and a digest of the words that are the same for every request of its kind. */
export const promptVersionOf = ({ version }: Instructions, words: string): string =>
  `${version}+${createHash('sha256').update(words).digest('hex').slice(0, 12)}`;
