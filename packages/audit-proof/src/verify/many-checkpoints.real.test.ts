import { expect, it } from '@jest/globals';
import { signCheckpoint } from '../checkpoint/sign-checkpoint.ts';
import { createSampleTrail, keys, ownKey, verifyRecords } from '../testing/sample-trail.ts';

it('verifies a trail in which one producer has very many heads', () => {
  const trail = createSampleTrail();
  trail.write('a');
  const head = { producer: 'a', ...trail.sealer('a').head!, from: 1 };
  const heads = Array.from({ length: 150_000 }, () => head);
  const checkpoint = signCheckpoint({ number: 1, time: '2026-01-02T00:00:00Z', heads }, ownKey.privateKey);
  const report = verifyRecords(trail.records, { keys, anchored: [checkpoint] });
  expect(report).toMatchObject({ faultCount: 0, producers: [{ producer: 'a', attested: 1 }] });
});
