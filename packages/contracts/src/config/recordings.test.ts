import { describe, expect, it } from '@jest/globals';
import { configSchema } from './index.ts';
import { recordsSessions } from './recordings.ts';

const recipient = `age1${'q'.repeat(58)}`;
const place = { recipients: [recipient], store: { dir: '/recordings' } };
const parse = (recordings: object) =>
  configSchema.safeParse({ gateway: { url: 'http://gate' }, clusters: [], recordings });
const faults = (recordings: object) =>
  (parse(recordings).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('the section recordings', () => {
  it('records nothing if it is absent', () => {
    const { recordings } = configSchema.parse({ gateway: { url: 'http://gate' }, clusters: [] });
    expect(recordsSessions(recordings)).toBe(false);
    expect(recordings).toMatchObject({ default: 'off', input: false, lostAfter: 900_000, disk: { maxBytes: 2 ** 30 } });
  });

  it.each([{ default: 'optional' }, { rules: [{ record: 'required', and: [{ groups: 'x' }] }] }])(
    'needs a recipient and a store as soon as anything is recorded: %j',
    (asked) => {
      expect(faults(asked)).toEqual([
        expect.stringMatching(/^recordings.recipients: is missing/),
        expect.stringMatching(/^recordings.store: is missing/),
      ]);
      expect(faults({ ...asked, ...place })).toEqual([]);
      expect(recordsSessions(parse({ ...asked, ...place }).data!.recordings)).toBe(true);
    },
  );

  it('needs neither for rules that demand nothing', () => {
    expect(faults({ rules: [{ record: 'off', and: [{ groups: 'x' }] }] })).toEqual([]);
  });

  it.each([
    { recipients: [recipient, recipient] },
    { recipients: ['AGE-SECRET-KEY-1QQQ'] },
    { recipients: ['age1pq1qqqq'] },
    { store: { dir: '/a', s3: { bucket: 'b' } } },
    { store: { s3: { bucket: 'b', endpoint: 'https://s3.example.com/path' } } },
    { store: { s3: { bucket: 'b', prefix: '../up/' } } },
    { disk: { maxBytes: '1MiB' } },
    { lostAfter: '1m' },
    { rules: [{ and: [{ groups: 'x' }] }] },
    { encryption: 'none' },
  ])('refuses %j', (wrong) => {
    expect(faults(wrong)).not.toEqual([]);
  });
});
