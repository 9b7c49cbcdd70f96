import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { hashCheckpoint, signCheckpoint, type CarriedTrail, type SignedCheckpoint } from '@sallyport/audit-proof';
import { continueStored } from './continue-trail.ts';

const [first, second, foreign] = ['first', 'second', 'foreign'].map(() => generateKeyPairSync('ed25519'));
type Pair = NonNullable<typeof first>;

/** Signs checkpoints that follow each other, each with the key of its place. */
function sign(keys: readonly Pair[]): SignedCheckpoint[] {
  const signed: SignedCheckpoint[] = [];
  const numbers = new Map<Pair, number>();
  for (const [index, key] of keys.entries()) {
    const number = (numbers.get(key) ?? 0) + 1;
    numbers.set(key, number);
    const last = signed.at(-1);
    const time = new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString();
    const previous = last ? { previous: hashCheckpoint(last) } : {};
    signed.push(signCheckpoint({ number, time, heads: [], ...previous }, key.privateKey));
  }
  return signed;
}

/** Lets a store with this last checkpoint go on with others. Returns what it was told to go on with. */
async function goOn(last: SignedCheckpoint | undefined, published: readonly SignedCheckpoint[], keys: readonly Pair[]) {
  let carried: CarriedTrail | undefined;
  const publicKeys = new Map(keys.map((key) => [sign([key])[0]!.keyId, key.publicKey]));
  await continueStored(
    {
      latest: async () => ({ last: last && { checkpoint: last, hash: hashCheckpoint(last) }, number: 0 }),
      publishedSince: async () => [...published],
      continueFrom: async (given) => void (carried = given),
    },
    publicKeys,
  );
  return carried?.checkpoints;
}

it('goes on after the last checkpoint of the trail, in whatever order and by whichever key they were stored', async () => {
  const all = sign([first!, first!, first!, second!, second!]);
  const mixed = [all[4]!, all[1]!, all[3]!, all[2]!, all[0]!];
  expect(await goOn(all[1], mixed, [first!, second!])).toEqual(all.slice(1));
  expect(await goOn(undefined, mixed, [first!, second!])).toEqual(all);
  // Retention has deleted the first ones.
  expect(await goOn(undefined, mixed.slice(0, 4), [first!, second!])).toEqual(all.slice(1));
});

it('leaves a store alone that has everything, and does not follow a key that is not its own', async () => {
  const all = sign([first!, first!]);
  expect(await goOn(all[1], all, [first!])).toBeUndefined();
  expect(await goOn(all[0], [...all, ...sign([foreign!])], [second!])).toBeUndefined();
});

it('refuses to go on where a checkpoint is missing in between', async () => {
  const all = sign([first!, first!, first!]);
  await expect(goOn(all[0], [all[0]!, all[2]!], [first!])).rejects.toThrow('not the one that follows it');
});
