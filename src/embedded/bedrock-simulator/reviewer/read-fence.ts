import { unescapeFence } from '../../../review/fence.ts';

export type FencedSection = { readonly id: string; readonly text: string };

/** The last fenced section of a prompt, its text as it was before fencing; null where there is none. */
export function readFence(prompt: string): FencedSection | null {
  const last = [...prompt.matchAll(/^<section id="([\w-]+)">\n([^<>]*)\n<\/section>/gm)].at(-1);
  return last?.[1] === undefined || last[2] === undefined ? null : { id: last[1], text: unescapeFence(last[2]) };
}
