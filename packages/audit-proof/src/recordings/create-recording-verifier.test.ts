import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { TrailEvent } from '../verify/trail.ts';
import { createRecordingVerifier } from './create-recording-verifier.ts';

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');
const minute = 60_000;
const begin = Date.UTC(2026, 10, 25, 12);

type Stored = Map<string, string>;
type Sealed = { id: string; events: TrailEvent[]; stored: Stored };

const event = (id: string, type: string, at: number, about: object = {}): TrailEvent => ({
  id: `${id}-${type}-${at}`,
  type,
  time: new Date(at).toISOString(),
  data: { sallyport: { recording: { id, ...about } } },
  place: { source: 'x', position: 1 },
});

/** Makes a recording of three parts: what the trail says, and what is stored. */
function makeRecording(id: string, { outcome = 'complete', at = begin } = {}): Sealed {
  const names = [['000001.age'], ['000002.age'], ['000003.age', '000003.tail', '000003.key.age']];
  const contents = names.map((files) => (outcome === 'complete' ? files.slice(0, 1) : files));
  const stored: Stored = new Map(contents.flat().map((name) => [`${id}/${name}`, `content of ${id} ${name}`]));
  const told = contents.map((files) =>
    files.map((name) => {
      const text = stored.get(`${id}/${name}`)!;
      return { name, bytes: text.length, sha256: digestOf(text) };
    }),
  );
  const all = told.flat();
  const events = [
    event(id, 'recording.started', at, { demand: 'required' }),
    ...told.map((files, index) => event(id, 'recording.part', at + (index + 1) * minute, { part: index + 1, files })),
    event(id, 'recording.finished', at + 4 * minute, {
      outcome,
      parts: told.length,
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      sha256: digestOf(all.map(({ sha256 }) => sha256).join('')),
    }),
  ];
  return { id, events, stored };
}

const later = (at = begin + 90 * minute) => event('other', 'k8s.request', at);

async function verify(
  parts: readonly Pick<Sealed, 'events' | 'stored'>[],
  read: { since?: string; end?: TrailEvent } = {},
) {
  const { end = later(), ...options } = read;
  const verifier = createRecordingVerifier();
  for (const { events } of parts) for (const one of [...events, end]) verifier.add(one);
  const stored = new Map(parts.flatMap((one) => [...one.stored]));
  const { faults, ...report } = await verifier.finish(async (recording, file) => {
    const text = stored.get(`${recording}/${file}`);
    return text === undefined ? undefined : { bytes: text.length, sha256: digestOf(text) };
  }, options);
  return { ...report, faults: faults.map(({ kind, recording, part, file }) => [kind, recording, part, file]) };
}

describe('the verification of recordings', () => {
  it('finds no fault in what is whole, whatever the order and however often events are told', async () => {
    const [one, cut] = [makeRecording('a'), makeRecording('b', { outcome: 'cut' })];
    one.events.push(one.events[1]!, one.events[4]!);
    expect(await verify([one, { ...cut, events: cut.events.toReversed() }])).toMatchObject({
      recordings: 2,
      running: 0,
      cut: 1,
      files: 8,
      waiting: 0,
      faultCount: 0,
      faults: [],
    });
  });

  it.each<[string, (one: Sealed, other: Sealed) => void, unknown[][]]>([
    ['removed', ({ stored }) => stored.delete('a/000002.age'), [['removed', 'a', 2, '000002.age']]],
    [
      'altered',
      ({ stored }) => stored.set('a/000002.age', stored.get('a/000002.age')!.replace('content', 'CONTENT')),
      [['altered', 'a', 2, '000002.age']],
    ],
    [
      'truncated',
      ({ stored }) => stored.set('a/000003.age', stored.get('a/000003.age')!.slice(0, 4)),
      [['truncated', 'a', 3, '000003.age']],
    ],
    [
      'swapped',
      ({ stored }) => {
        const [first, second] = ['a/000001.age', 'a/000002.age'].map((name) => stored.get(name)!);
        stored.set('a/000001.age', second!).set('a/000002.age', first!);
      },
      [
        ['swapped', 'a', 1, '000001.age'],
        ['swapped', 'a', 2, '000002.age'],
      ],
    ],
    [
      'replayed',
      ({ stored }, other) => stored.set('a/000001.age', other.stored.get('b/000001.age')!),
      [['replayed', 'a', 1, '000001.age']],
    ],
  ])('names a file that was %s', async (_what, change, faults) => {
    const [one, other] = [makeRecording('a'), makeRecording('b')];
    change(one, other);
    expect((await verify([one, other])).faults).toEqual(faults);
  });

  const withEvents = (change: (events: TrailEvent[]) => TrailEvent[]) => {
    const one = makeRecording('a');
    return { ...one, events: change(one.events) };
  };
  const about = (one: TrailEvent) =>
    (one.data as { sallyport: { recording: Record<string, unknown> } }).sallyport.recording;

  it.each<[string, (events: TrailEvent[]) => TrailEvent[], unknown[][]]>([
    ['a part that the trail does not name', (all) => all.toSpliced(2, 1), [['missing', 'a', 2, undefined]]],
    ['the last part that the trail does not name', (all) => all.toSpliced(3, 1), [['missing', 'a', 3, undefined]]],
    [
      'a part after the end',
      (all) => [...all, event('a', 'recording.part', begin + 9 * minute, { ...about(all[1]!), part: 4 })],
      [['added', 'a', 4, undefined]],
    ],
    [
      'a part that is told in two ways',
      (all) => [...all, event('a', 'recording.part', begin + 9 * minute, { ...about(all[1]!), part: 2 })],
      [['contradicted', 'a', 2, undefined]],
    ],
    [
      'an end that is told in two ways',
      (all) => [...all, event('a', 'recording.finished', begin, { outcome: 'cut', parts: 3, bytes: 1, sha256: '' })],
      [['contradicted', 'a', undefined, undefined]],
    ],
    [
      'other totals',
      (all) => all.toSpliced(4, 1, event('a', 'recording.finished', begin, { ...about(all[4]!), bytes: 1 })),
      [['wrong-totals', 'a', undefined, undefined]],
    ],
    ['no beginning', (all) => all.slice(1), [['not-started', 'a', undefined, undefined]]],
    ['no end', (all) => all.slice(0, 4), [['unfinished', 'a', undefined, undefined]]],
    [
      'a loss',
      (all) => all.toSpliced(4, 1, event('a', 'recording.finished', begin, { outcome: 'lost' })),
      [['lost', 'a', undefined, undefined]],
    ],
  ])('names %s', async (_what, change, faults) => {
    expect((await verify([withEvents(change)])).faults).toEqual(faults);
  });

  it('takes a running recording, and files that are on their way, for what they are', async () => {
    const one = withEvents((all) => all.slice(0, 4));
    one.stored.delete('a/000003.age');
    const report = await verify([one], { end: later(begin + 5 * minute) });
    expect(report).toMatchObject({ running: 1, waiting: 1, faultCount: 0 });
    expect((await verify([one], { end: later(begin + 30 * minute) })).faults).toEqual([
      ['removed', 'a', 3, '000003.age'],
    ]);
  });

  it('lets the gateway that comes back have the last word about what was declared lost', async () => {
    const one = makeRecording('a', { outcome: 'cut' });
    const lost = event('a', 'recording.finished', begin + 3 * minute, { outcome: 'lost', parts: 1 });
    for (const events of [
      [...one.events, lost],
      [lost, ...one.events],
    ])
      expect((await verify([{ ...one, events }])).faults).toEqual([]);
  });

  it('accepts that nothing began of what a gateway left before the trail said so, unless the session ran', async () => {
    const one = withEvents((all) => {
      const files = about(all[1]!)['files'] as { bytes: number; sha256: string }[];
      const sha256 = digestOf(files[0]!.sha256);
      return [
        all[1]!,
        event('a', 'recording.finished', begin, { outcome: 'cut', parts: 1, bytes: files[0]!.bytes, sha256 }),
      ];
    });
    expect((await verify([one])).faults).toEqual([]);
    const opened = event('a', 'stream.opened', begin);
    for (const events of [[...one.events, opened], [opened]])
      expect((await verify([{ ...one, events }])).faults).toContainEqual(['not-started', 'a', undefined, undefined]);
  });

  it('demands nothing of what happened before the trail begins', async () => {
    const one = withEvents((all) => all.slice(2));
    expect((await verify([one], { since: new Date(begin + 90_000).toISOString() })).faults).toEqual([]);
  });

  it('reads what is not what it should be without a crash', async () => {
    const odd = [
      null,
      7,
      {},
      { id: 7 },
      { id: 'z', part: 1e300, files: 7 },
      { id: 'z', part: 1, files: [null, { name: 1 }] },
    ];
    const events = odd.flatMap((recording) =>
      ['recording.started', 'recording.part', 'recording.finished'].map((type) => ({
        ...event('z', type, begin),
        time: 'yesterday',
        data: { sallyport: { recording } },
      })),
    );
    const huge = event('y', 'recording.finished', begin, {
      outcome: 'complete',
      parts: 2 ** 53 - 1,
      bytes: 1,
      sha256: 'x',
    });
    const { faultCount, faults } = await verify([
      { events: [...events, huge, { ...huge, data: null }], stored: new Map() },
    ]);
    expect(faultCount).toBeGreaterThan(1000);
    expect(faults).toHaveLength(1000);
  });
});
