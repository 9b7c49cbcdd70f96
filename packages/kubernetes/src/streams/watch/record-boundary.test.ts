import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createStatus } from '../../status/status.ts';
import { cut } from '../testing/conversation.ts';
import { createRecordBoundary, watchErrorEvent, type RecordBoundary } from './record-boundary.ts';

const json = (): RecordBoundary => createRecordBoundary('application/json')!;
const protobuf = (): RecordBoundary => createRecordBoundary('application/vnd.kubernetes.protobuf;stream=watch')!;
const status = createStatus({ code: 403, reason: 'Expired', message: 'The session is over.' });

function prefixed(record: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + record.length);
  bytes.writeUInt32BE(record.length);
  bytes.set(record, 4);
  return bytes;
}

describe('the boundaries of a watch', () => {
  it.each([
    ['application/json', true],
    ['application/json;as=Table;v=v1;g=meta.k8s.io', true],
    ['Application/JSON ; charset=utf-8', true],
    ['application/vnd.kubernetes.protobuf;stream=watch', true],
    ['application/cbor-seq', false],
    ['text/plain', false],
    ['', false],
    [undefined, false],
  ])('are known for the content type %j: %j', (type, known) => {
    expect(createRecordBoundary(type) !== undefined).toBe(known);
  });

  it('are not known inside a compressed body', () => {
    expect(createRecordBoundary('application/json', 'gzip')).toBeUndefined();
    expect(createRecordBoundary('application/json', 'identity')).toBeDefined();
  });
});

describe('a JSON watch', () => {
  const event = fc.record({ type: fc.constantFrom('ADDED', 'BOOKMARK'), object: fc.jsonValue({ maxDepth: 3 }) });

  it('is at a boundary exactly after each event, in any pieces', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (events, sizes) => {
          const lines = events.map((each) => Buffer.from(`${JSON.stringify(each)}\n`));
          const ends = new Set([0]);
          for (const line of lines) ends.add(Math.max(...ends) + line.length);
          const boundary = json();
          let at = 0;
          for (const piece of cut(Buffer.concat(lines), sizes)) {
            const next = [...ends].filter((end) => end >= at && end <= at + piece.length).sort((a, b) => a - b)[0];
            expect(boundary.boundaryIn(piece)).toBe(next === undefined ? undefined : next - at);
            boundary.push(piece);
            at += piece.length;
            expect(boundary.atBoundary).toBe(ends.has(at));
          }
        },
      ),
    );
  });

  it('that is pretty-printed does not end with every line', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 30 }), (events, size) => {
        const texts = events.map((each) => `${JSON.stringify(each, undefined, 2)}\n`);
        const boundary = json();
        let [at, end] = [0, 0];
        const ends = new Set([0, ...texts.map((text) => (end += Buffer.byteLength(text)))]);
        for (const piece of cut(Buffer.from(texts.join('')), [size])) {
          boundary.push(piece);
          at += piece.length;
          expect(boundary.atBoundary).toBe(ends.has(at));
        }
      }),
    );
  });

  it('may have empty lines, and has no more boundaries after an invalid record', () => {
    const boundary = json();
    boundary.push(Buffer.from('{"a":1}\n\n\n'));
    expect(boundary.atBoundary).toBe(true);
    boundary.push(Buffer.from('oops\n{"a":1}\n'));
    expect([boundary.atBoundary, boundary.boundaryIn(Buffer.from('{"b":2}\n'))]).toEqual([false, undefined]);
  });

  it('ends with an event that gives the reason, on its own line', () => {
    const text = json().errorEvent(status)!.toString();
    expect(text).toBe(watchErrorEvent(status).toString());
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(JSON.parse(text)).toEqual({ type: 'ERROR', object: status });
    const after = json();
    after.push(Buffer.from(text));
    expect(after.atBoundary).toBe(true);
  });
});

describe('a protobuf watch', () => {
  it('is at a boundary exactly after each record, in any pieces, and ends without a reason', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
        (records, sizes) => {
          const boundary = protobuf();
          let [at, end] = [0, 0];
          const parts = records.map(prefixed);
          const ends = new Set([0, ...parts.map((part) => (end += part.length))]);
          for (const piece of cut(Buffer.concat(parts), sizes)) {
            const next = [...ends].filter((each) => each >= at && each <= at + piece.length).sort((a, b) => a - b)[0];
            expect(boundary.boundaryIn(piece)).toBe(next === undefined ? undefined : next - at);
            boundary.push(piece);
            at += piece.length;
            expect(boundary.atBoundary).toBe(ends.has(at));
          }
          expect(boundary.errorEvent(status)).toBeUndefined();
        },
      ),
    );
  });

  it('waits for the announced length of a record without keeping it', () => {
    const boundary = protobuf();
    boundary.push(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    boundary.push(Buffer.alloc(1 << 20));
    expect(boundary.atBoundary).toBe(false);
  });
});
