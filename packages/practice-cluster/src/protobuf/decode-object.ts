import { badRequest } from '../objects/api-error.ts';
import type { JsonObject } from '../objects/kube-object.ts';
import { fieldsOf, type Field } from './schema.ts';
import { malformed, readFields } from './wire.ts';

const magic = Buffer.from('k8s\0');
const maxDepth = 50;

/**
 * Decodes an object from the protobuf of Kubernetes (`k8s\0` and runtime.Unknown) to JSON. Throws 400 if it is malformed
 * or unknown.
 */
export function decodeObject(body: Buffer): JsonObject {
  if (!body.subarray(0, 4).equals(magic)) throw malformed();
  let type: Buffer = Buffer.alloc(0);
  let raw: Buffer = Buffer.alloc(0);
  for (const { number, value } of readFields(body.subarray(4))) {
    if (number === 1) type = bytes(value);
    if (number === 2) raw = bytes(value);
  }
  const names = [...readFields(type)].map(({ number, value }) => [number, bytes(value).toString()] as const);
  const apiVersion = names.find(([number]) => number === 1)?.[1] ?? '';
  const kind = names.find(([number]) => number === 2)?.[1] ?? '';
  return { apiVersion, kind, ...decodeMessage(raw, kind, 0) };
}

function decodeMessage(message: Buffer, type: string, depth: number): JsonObject {
  const fields = fieldsOf(type);
  if (fields === undefined || depth > maxDepth)
    throw badRequest(`the practice cluster cannot read a ${type} in protobuf. Send JSON`);
  const object: JsonObject = {};
  for (const { number, value } of readFields(message)) {
    const field = fields.get(number);
    if (field === undefined)
      throw badRequest(`the practice cluster cannot read field ${number} of a ${type} in protobuf. Send JSON`);
    assign(object, field, value, depth);
  }
  return object;
}

// Fields that are not pointers in Go are written even if they are empty. An empty string or time means that the field is
// not set.
function assign(object: JsonObject, { name, type, shape }: Field, value: bigint | Buffer, depth: number): void {
  if (shape === 'map') {
    const [key, entry] = decodeEntry(bytes(value), type, depth);
    const map = (object[name] ??= {}) as JsonObject;
    if (key !== '__proto__') map[key] = entry;
    return;
  }
  const one = decodeValue(value, type, depth);
  if (shape === 'list') ((object[name] ??= []) as unknown[]).push(one);
  else if (type === 'VolumeSource') Object.assign(object, one);
  else if (one !== '' && one !== undefined) object[name] = one;
}

function decodeEntry(message: Buffer, type: string, depth: number): [string, unknown] {
  let key = '';
  let entry = decodeValue(type === 'i' || type === 'b' ? 0n : Buffer.alloc(0), type, depth);
  for (const { number, value } of readFields(message)) {
    if (number === 1) key = bytes(value).toString();
    if (number === 2) entry = decodeValue(value, type, depth);
  }
  return [key, entry];
}

function decodeValue(value: bigint | Buffer, type: string, depth: number): unknown {
  switch (type) {
    case 's':
      return bytes(value).toString();
    case 'B':
      return bytes(value).toString('base64');
    case 'i':
      return Number(integer(value));
    case 'b':
      return integer(value) !== 0n;
    case 'Time':
      return decodeTime(decodeMessage(bytes(value), type, depth + 1));
    case 'Quantity':
      return decodeMessage(bytes(value), type, depth + 1).string ?? '0';
    case 'IntOrString': {
      const { type: kind = 0, intVal = 0, strVal = '' } = decodeMessage(bytes(value), type, depth + 1);
      return kind === 0 ? intVal : strVal;
    }
    default:
      return decodeMessage(bytes(value), type, depth + 1);
  }
}

function decodeTime({ seconds }: JsonObject): string | undefined {
  const ms = Number(seconds ?? 0) * 1000;
  return ms === 0 || Number.isNaN(new Date(ms).getTime()) ? undefined : `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function bytes(value: bigint | Buffer): Buffer {
  if (typeof value === 'bigint') throw malformed();
  return value;
}

function integer(value: bigint | Buffer): bigint {
  if (typeof value !== 'bigint') throw malformed();
  return value;
}
