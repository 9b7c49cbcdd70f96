import type { IncomingMessage } from 'node:http';
import { ApiError, badRequest, unsupportedMediaType } from '../objects/api-error.ts';
import { isJsonObject, type JsonObject, type KubeObject } from '../objects/kube-object.ts';
import { decodeObject } from '../protobuf/decode-object.ts';

const protobuf = 'application/vnd.kubernetes.protobuf';

// The limit of a real API server.
const maxBytes = 3 * 1024 * 1024;
// No object is nested deeper, and recursion over deeper JSON could overflow the stack.
const maxDepth = 100;

/** Reads the complete body. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes)
      throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${maxBytes}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Parses a body as JSON. Drops keys that would set a prototype. */
export function parseJson(body: Buffer): unknown {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'), (key, inner) => (key === '__proto__' ? undefined : inner));
  } catch {
    throw badRequest('the body of the request was not valid JSON');
  }
  if (isDeeperThan(value, maxDepth))
    throw badRequest(`the body of the request is nested deeper than ${maxDepth} levels`);
  return value;
}

/** Reads a body that must be a Kubernetes object. */
export async function readObject(request: IncomingMessage): Promise<KubeObject> {
  return asObject(await readJsonOrProtobuf(request));
}

/** Reads a body as JSON or, as the typed clients of kubectl send it, as protobuf. Returns undefined without a body. */
export async function readJsonOrProtobuf(request: IncomingMessage): Promise<unknown> {
  const type = mediaType(request);
  if (type !== '' && type !== 'application/json' && type !== protobuf)
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: application/json, ${protobuf} (got ${type})`,
    );
  const body = await readBody(request);
  if (body.length === 0) return undefined;
  return type === protobuf ? decodeObject(body) : parseJson(body);
}

/** Returns the media type of the body without its parameters. */
export function mediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
}

/** Checks that a value has the form of a Kubernetes object. */
export function asObject(value: unknown): KubeObject {
  if (!isJsonObject(value) || typeof value.apiVersion !== 'string' || typeof value.kind !== 'string')
    throw badRequest("Object 'Kind' is missing: the body must be an object with apiVersion and kind");
  const metadata = value.metadata ?? {};
  if (
    !isJsonObject(metadata) ||
    !isTexts(metadata.labels) ||
    !isTexts(metadata.annotations) ||
    !['name', 'generateName', 'namespace', 'resourceVersion', 'uid'].every(
      (field) => metadata[field] == null || typeof metadata[field] === 'string',
    )
  ) {
    throw badRequest('metadata: names must be strings, and labels and annotations must be maps of strings');
  }
  return { ...value, metadata } as KubeObject;
}

function isTexts(value: unknown): boolean {
  return (
    value == null || (isJsonObject(value) && Object.values(value as JsonObject).every((one) => typeof one === 'string'))
  );
}

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => isDeeperThan(inner, depth - 1));
}
