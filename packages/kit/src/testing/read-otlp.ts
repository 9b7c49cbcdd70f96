/** A span as it was sent to a collector. */
export type ReceivedSpan = {
  service: string;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  kind: 'server' | 'client' | 'other';
  startedAt: bigint;
  endedAt: bigint;
  attributes: Record<string, unknown>;
  links: { traceId: string; spanId: string }[];
  failed: boolean;
};

type Fields = ReadonlyMap<number, (bigint | Buffer)[]>;

/** Reads the fields of one protobuf message by their numbers, after the encoding that protobuf.dev describes. */
function readFields(bytes: Buffer): Fields {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number) => {
    if (at + length > bytes.length) throw new Error('the message ends too early');
    return bytes.subarray(at, (at += length));
  };
  const value = (type: number) => {
    if (type === 0) return varint();
    if (type === 1) return take(8).readBigUInt64LE();
    if (type === 2) return take(Number(varint()));
    if (type === 5) return BigInt(take(4).readUInt32LE());
    throw new Error(`a field has the unknown type ${type}`);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >> 3;
    const read = value(tag & 7);
    fields.set(number, [...(fields.get(number) ?? []), read]);
  }
  return fields;
}

const all = (fields: Fields, number: number) => (fields.get(number) ?? []) as Buffer[];
const messages = (fields: Fields, number: number) => all(fields, number).map(readFields);
const text = (fields: Fields, number: number) => all(fields, number)[0]?.toString('utf8') ?? '';
const hex = (fields: Fields, number: number) => all(fields, number)[0]?.toString('hex') ?? '';
const integer = (fields: Fields, number: number) => (fields.get(number)?.[0] as bigint | undefined) ?? 0n;

function readValue(value: Fields): unknown {
  if (value.has(1)) return text(value, 1);
  if (value.has(2)) return integer(value, 2) === 1n;
  if (value.has(3)) return Number(integer(value, 3));
  if (value.has(4)) return new Float64Array(new BigUint64Array([integer(value, 4)]).buffer)[0];
  return undefined;
}

function readAttributes(fields: Fields, number: number): Record<string, unknown> {
  return Object.fromEntries(messages(fields, number).map((one) => [text(one, 1), readValue(messages(one, 2)[0]!)]));
}

const kinds: Readonly<Record<string, ReceivedSpan['kind']>> = { 2: 'server', 3: 'client' };

function readSpan(span: Fields, service: string): ReceivedSpan {
  return {
    service,
    traceId: hex(span, 1),
    spanId: hex(span, 2),
    parentSpanId: hex(span, 4),
    name: text(span, 5),
    kind: kinds[String(integer(span, 6))] ?? 'other',
    startedAt: integer(span, 7),
    endedAt: integer(span, 8),
    attributes: readAttributes(span, 9),
    links: messages(span, 13).map((link) => ({ traceId: hex(link, 1), spanId: hex(link, 2) })),
    failed: messages(span, 15).some((status) => integer(status, 3) === 2n),
  };
}

/**
 * Reads the spans of a request to a collector (ExportTraceServiceRequest). By the numbers of the published .proto files,
 * so that tests do not decode with what has encoded.
 */
export function readOtlp(body: Buffer): ReceivedSpan[] {
  return messages(readFields(body), 1).flatMap((ofResource) => {
    const resource = readAttributes(messages(ofResource, 1)[0] ?? new Map(), 1);
    const service = String(resource['service.name']);
    return messages(ofResource, 2).flatMap((scope) => messages(scope, 2).map((span) => readSpan(span, service)));
  });
}
