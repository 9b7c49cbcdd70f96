import type { IncomingMessage } from 'node:http';
import type { Kind } from '../kinds/kind.ts';
import { ApiError } from '../objects/api-error.ts';
import type { KubeObject } from '../objects/kube-object.ts';

/** The representation of objects that a client requests. */
export type Representation = 'object' | 'table' | 'metadata';

/**
 * Reads the Accept header: plain JSON, Table (for `kubectl get`) or metadata only. Throws 406 if it does not accept
 * JSON.
 */
export function readRepresentation(request: IncomingMessage): Representation {
  const accept = request.headers.accept;
  if (accept === undefined || accept.trim() === '') return 'object';
  for (const range of accept.split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (type === '*/*' || type === 'application/*') return 'object';
    if (type !== 'application/json') continue;
    const as = parameters.find((one) => one.startsWith('as='))?.slice(3);
    if (as === 'table') return 'table';
    if (as === 'partialobjectmetadata' || as === 'partialobjectmetadatalist') return 'metadata';
    if (as === undefined) return 'object';
  }
  throw new ApiError(406, 'NotAcceptable', 'only the following media types are accepted: application/json', {});
}

type TableOptions = {
  kind: Kind;
  now: number;
  resourceVersion?: string;
  more?: Record<string, unknown>;
  withoutColumns?: boolean;
};

/** Returns a Table of meta.k8s.io/v1 with a row per object. Rows contain the metadata of the object. */
export function toTable(
  objects: readonly KubeObject[],
  { kind, now, resourceVersion, more, withoutColumns }: TableOptions,
): Record<string, unknown> {
  const columnDefinitions = kind.columns.map(({ name, type, priority = 0, description = '' }) => ({
    name,
    type: type === 'date' ? 'string' : type,
    format: name === 'Name' ? 'name' : '',
    description,
    priority,
  }));
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion, ...more },
    columnDefinitions: withoutColumns ? null : columnDefinitions,
    rows: objects.map((object) => ({
      cells: kind.columns.map((column) => column.cell(object, now)),
      object: toMetadata(object),
    })),
  };
}

/** Returns an object as PartialObjectMetadata. */
export function toMetadata(object: KubeObject): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

/** Returns an object in the requested representation. */
export function represent(object: KubeObject, as: Representation, kind: Kind, now: number): unknown {
  if (as === 'table') return toTable([object], { kind, now, resourceVersion: object.metadata.resourceVersion });
  return as === 'metadata' ? toMetadata(object) : object;
}
