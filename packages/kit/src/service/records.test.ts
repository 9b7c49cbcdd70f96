import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRecordReader, RecordFault, recordKinds, writeRecords, type ServiceRecord } from './records.ts';

const maxBytes = 4096;
const record = fc.record({
  kind: fc.constantFrom(...Object.values(recordKinds)),
  id: fc.nat(2 ** 32 - 1),
  text: fc.string({ unit: 'binary', maxLength: 300 }),
});

/** Reads bytes that arrive in pieces, each in a buffer that is overwritten afterwards. */
function read(pieces: readonly Buffer[]): ServiceRecord[] {
  const records: ServiceRecord[] = [];
  const reader = createRecordReader(maxBytes, (kind, id, text) => records.push({ kind, id, text }));
  for (const piece of pieces) {
    const shared = Buffer.from(piece);
    reader.push(shared);
    shared.fill(0xff);
  }
  return records;
}

const splitAt = (bytes: Buffer, places: readonly number[]) => {
  const cuts = [0, ...places.toSorted((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
};

describe('records', () => {
  it('are read as they were written, wherever the bytes are split', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 8 }), fc.array(fc.nat(4000), { maxLength: 20 }), (records, places) => {
        const bytes = writeRecords(records);
        const inside = places.map((place) => place % (bytes.length + 1));
        expect(read(splitAt(bytes, inside))).toEqual(records);
      }),
    );
  });

  it('are read byte by byte, and split at every byte', () => {
    const records: ServiceRecord[] = [
      { kind: recordKinds.question, id: 1, text: '{"a":"é€😀"}' },
      { kind: recordKinds.leave, id: 0, text: '' },
      { kind: recordKinds.answer, id: 2 ** 32 - 1, text: 'x'.repeat(maxBytes) },
    ];
    const bytes = writeRecords(records);
    expect(read(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(records);
    for (let at = 0; at <= bytes.length; at += 1) expect(read(splitAt(bytes, [at]))).toEqual(records);
  });

  it('are refused if they are too large, before their text has arrived, or of an unknown kind', () => {
    const head = (length: number, kind: number) => {
      const bytes = Buffer.alloc(9);
      bytes.writeUInt32BE(length);
      bytes[8] = kind;
      return bytes;
    };
    for (const bytes of [head(maxBytes + 1, 1), head(2 ** 32 - 1, 2), head(0, 0), head(1, 5), head(0, 255)])
      for (let at = 0; at < bytes.length; at += 1)
        expect(() =>
          read([...splitAt(writeRecords([{ kind: 1, id: 1, text: 'x' }]), []), ...splitAt(bytes, [at])]),
        ).toThrow(RecordFault);
  });

  it('of any bytes end in records within the limit, or in a fault and nothing else', () => {
    let [faults, whole] = [0, 0];
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(fc.array(record, { maxLength: 3 }), fc.nat(), fc.nat(255)).map(([records, place, byte]) => {
        const bytes = writeRecords(records);
        if (bytes.length > 0) bytes[place % bytes.length] = byte;
        return bytes;
      }),
    );
    fc.assert(
      fc.property(noise, fc.array(fc.nat(200), { maxLength: 5 }), (noisy, places) => {
        const bytes = Buffer.from(noisy);
        try {
          for (const { text } of read(
            splitAt(
              bytes,
              places.map((place) => place % (bytes.length + 1)),
            ),
          ))
            expect(Buffer.byteLength(text)).toBeLessThanOrEqual(3 * maxBytes);
          whole += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(RecordFault);
          faults += 1;
        }
      }),
      { numRuns: 1000 },
    );
    expect([faults > 30, whole > 30]).toEqual([true, true]);
  });
});
