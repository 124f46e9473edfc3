import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { afterAll, expect, test } from 'vitest';
import { createDocumentParser } from '../../src/documents/parser-pool.ts';
import { contractSample } from './support/contract-sample.ts';
import { createFolder } from './support/build-docx.ts';
import { seededRandom } from './support/seeded.ts';

const folder = await createFolder();
afterAll(folder.remove);

const mutationCount = 500;

type Random = () => number;
const below = (random: Random, limit: number) => Math.floor(random() * limit);
const oneOf = <T>(random: Random, values: readonly T[]): T => values[below(random, values.length)] as T;

/** Flips, cuts, repeats or inserts, once to ten times. */
function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let result = Buffer.from(bytes);
  for (let count = 1 + below(random, 10); count > 0; count--) {
    const at = below(random, result.length);
    const length = below(random, 64);
    switch (below(random, 4)) {
      case 0:
        result[at] = below(random, 256);
        break;
      case 1:
        result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)]);
        break;
      case 2:
        result = Buffer.concat([result.subarray(0, at + length), result.subarray(at)]);
        break;
      default:
        result = Buffer.concat([result.subarray(0, at), Buffer.from([0, 0xff, 0x3c, 0x26]), result.subarray(at)]);
    }
  }
  return result;
}

/** Well-formed or not: elements removed, repeated, moved, renamed; numbers made huge. */
function mutateXml(xml: string, random: Random): string {
  const tags = xml.match(/<[^>]+>/g) ?? [];
  let result = xml;
  for (let count = 1 + below(random, 5); count > 0; count--) {
    const tag = oneOf(random, tags);
    const other = oneOf(random, tags);
    const mutation = oneOf(random, [
      () => result.replace(tag, ''),
      () => result.replace(tag, tag + tag),
      () => result.replace(tag, other),
      () => result.replaceAll(tag.split(/[ >/]/, 1)[0] ?? tag, other.split(/[ >/]/, 1)[0] ?? other),
      () => result.replace(/w:val="\d+"/, 'w:val="-99999999999999999999"'),
      () => result.replace(/w:(ilvl|numId|id)="?\d+/, 'w:$1="999999999'),
      () => result.replace(tag, `${tag}\ud800`),
    ]);
    result = mutation();
  }
  return result;
}

function mutate(sample: Uint8Array, parts: Record<string, Uint8Array>, random: Random): Uint8Array {
  if (random() < 0.4) return mutateBytes(sample, random);
  const name = oneOf(
    random,
    Object.keys(parts).filter((part) => /\.(xml|rels)$/.test(part)),
  );
  const xml = mutateXml(strFromU8(parts[name] ?? new Uint8Array()), random);
  return zipSync({ ...parts, [name]: strToU8(xml) });
}

test(
  `${mutationCount} mutations of a contract are read or refused, and harm nothing`,
  { timeout: 60_000 },
  async () => {
    const sample = await contractSample();
    const parts = unzipSync(sample);
    const random = seededRandom(20_261_123);
    const parser = createDocumentParser({
      size: 2,
      heapMb: 128,
      rssLimitMb: 256,
      timeoutMs: 10_000,
      documentsPerChild: 1_000,
    });
    const seen = new Map<string, number>();
    const read = async (index: number) => {
      const path = await folder.save(`${index}.docx`, mutate(sample, parts, random));
      const outcome = await parser.parse({ path, filename: 'contract.docx' });
      const result = outcome.outcome === 'parsed' ? 'parsed' : `${outcome.failure.code}: ${outcome.failure.message}`;
      seen.set(result, (seen.get(result) ?? 0) + 1);
    };
    for (let index = 0; index < mutationCount; index += 2) await Promise.all([read(index), read(index + 1)]);
    await parser.close();

    const results = [...seen.keys()];
    expect(results.filter((result) => /crash|memory|TIMED_OUT|reader does not know/.test(result))).toEqual([]);
    expect(seen.get('parsed')).toBeGreaterThan(mutationCount / 20);
    expect(results.length).toBeGreaterThan(4);
  },
);
