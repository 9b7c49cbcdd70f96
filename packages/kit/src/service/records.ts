/**
 * The kinds of records on a connection for checks. A gateway sends questions. Authorize sends an answer or a problem for
 * each, and `leave` when it wants the gateway to use another connection.
 */
export const recordKinds = { question: 1, answer: 2, problem: 3, leave: 4 } as const;
export type RecordKind = (typeof recordKinds)[keyof typeof recordKinds];

/** A record: its text is a question, an answer or a problem in JSON, or empty. An ID is an integer of 32 bits. */
export type ServiceRecord = { kind: RecordKind; id: number; text: string };

/** The bytes are not records, or not the expected ones. The connection must end. */
export class RecordFault extends Error {
  override readonly name = 'RecordFault';
}

/** The length of the text in bytes (32 bits), the ID (32 bits) and the kind (8 bits), big-endian. The text follows. */
const headBytes = 9;
const maxKind = Math.max(...Object.values(recordKinds));

/** Writes records one after the other. */
export function writeRecords(records: readonly ServiceRecord[]): Buffer {
  let size = 0;
  const lengths = records.map(({ text }) => {
    const length = Buffer.byteLength(text);
    size += headBytes + length;
    return length;
  });
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  records.forEach(({ kind, id, text }, index) => {
    bytes.writeUInt32BE(lengths[index]!, at);
    bytes.writeUInt32BE(id, at + 4);
    bytes[at + 8] = kind;
    bytes.write(text, at + headBytes, 'utf8');
    at += headBytes + lengths[index]!;
  });
  return bytes;
}

/** Reads records from the bytes of a connection. */
export type RecordReader = {
  /** Calls `onRecord` for each record that is complete. Does not keep `bytes`. Throws a RecordFault, and is then useless. */
  push(bytes: Buffer): void;
};

/** Creates a reader of records whose text has `maxBytes` at most. */
export function createRecordReader(
  maxBytes: number,
  onRecord: (kind: RecordKind, id: number, text: string) => void,
): RecordReader {
  /** The beginning of a record that continues in the next bytes, and how much of it there is. */
  let partial: Buffer | undefined;
  let have = 0;
  const sizeOf = (bytes: Buffer, at: number) => {
    const length = bytes.readUInt32BE(at);
    const kind = bytes[at + 8]!;
    if (length > maxBytes) throw new RecordFault('a record is too large');
    if (kind === 0 || kind > maxKind) throw new RecordFault('a record is of an unknown kind');
    return headBytes + length;
  };
  const emit = (bytes: Buffer, at: number, size: number) =>
    onRecord(
      bytes[at + 8] as RecordKind,
      bytes.readUInt32BE(at + 4),
      bytes.toString('utf8', at + headBytes, at + size),
    );
  /** Continues the partial record. Returns where the bytes after it begin. */
  const resume = (bytes: Buffer): number => {
    let at = 0;
    while (partial) {
      const count = Math.min(partial.length - have, bytes.length - at);
      bytes.copy(partial, have, at, at + count);
      [at, have] = [at + count, have + count];
      if (have < partial.length) return at;
      const size = sizeOf(partial, 0);
      if (size > have) {
        const whole = Buffer.allocUnsafe(size);
        partial.copy(whole);
        partial = whole;
        continue;
      }
      const record = partial;
      partial = undefined;
      emit(record, 0, size);
    }
    return at;
  };
  return {
    push(bytes) {
      let at = partial ? resume(bytes) : 0;
      while (bytes.length - at >= headBytes) {
        const size = sizeOf(bytes, at);
        if (bytes.length - at < size) break;
        emit(bytes, at, size);
        at += size;
      }
      if (at === bytes.length) return;
      have = bytes.length - at;
      partial = Buffer.allocUnsafe(have < headBytes ? headBytes : sizeOf(bytes, at));
      bytes.copy(partial, 0, at);
    },
  };
}
