import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { packDocuments, unpackDocuments } from './pack-documents.ts';

describe('packed documents', () => {
  it('are unpacked unchanged, with a pause after every part', async () => {
    const document = fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 200 }));
    await fc.assert(
      fc.asyncProperty(fc.array(document, { maxLength: 4 }), async (documents) => {
        const given = documents.map((one, index) => ({
          scope: `scope/${index}`,
          path: ['clusters', index],
          document: JSON.parse(JSON.stringify(one)) as unknown,
        }));
        const packed = packDocuments(given);
        let turns = 0;
        expect(await unpackDocuments(packed, () => void (turns += 1))).toEqual(given);
        expect(turns).toBe(packed.index.reduce((sum, { parts }) => sum + parts.length, 0));
      }),
      { numRuns: 200 },
    );
  });

  it('are split into parts of fifty rules, so that none takes long', () => {
    expect(
      packDocuments([{ scope: 's', path: [], document: Array.from({ length: 10_000 }, () => 'rule') }]).index[0]!.parts,
    ).toHaveLength(200);
  });
});
