import { createHash } from 'node:crypto';
import { apiVersionOf } from '../kinds/kind.ts';
import type { Kind } from '../kinds/kind.ts';
import { kinds } from '../kinds/kinds.ts';
import { groups } from './discovered.ts';

const info = { title: 'Sallyport practice cluster', version: 'v1' };

/** A minimal OpenAPI v2 document without schemas, so that clients fall back to their built-in knowledge of the kinds. */
export const openApiV2 = { swagger: '2.0', info, paths: {}, definitions: {} };

/** Returns the index of the OpenAPI v3 documents, one per group and version. */
export function openApiV3Index(): Record<string, unknown> {
  const paths = [{ group: '', version: 'v1' }, ...groups].map(({ group, version }) => {
    const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
    const hash = createHash('sha256')
      .update(JSON.stringify(openApiV3(group, version)))
      .digest('hex')
      .toUpperCase();
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }];
  });
  return { paths: Object.fromEntries(paths) };
}

/**
 * Returns the OpenAPI v3 document of a group and version. It contains what kubectl looks for: the paths that accept a
 * PATCH, and their parameters dryRun and fieldValidation.
 */
export function openApiV3(group: string, version: string): Record<string, unknown> {
  const own = kinds.filter((kind) => kind.group === group && kind.version === version);
  const schemas = own.map((kind) => [
    schemaName(kind),
    {
      type: 'object',
      description: `${kind.kind}: the practice cluster does not describe fields.`,
      'x-kubernetes-group-version-kind': [gvk(kind)],
    },
  ]);
  return {
    openapi: '3.0.0',
    info,
    paths: Object.fromEntries(own.map((kind) => [objectPath(kind), { patch: patchOperation(kind) }])),
    components: { schemas: Object.fromEntries(schemas) },
  };
}

function patchOperation(kind: Kind): Record<string, unknown> {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string' },
  }));
  return {
    operationId: `patch${kind.kind}`,
    parameters,
    responses: { 200: { description: 'OK' } },
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': gvk(kind),
  };
}

function objectPath(kind: Kind): string {
  const prefix = kind.group === '' ? `/api/${kind.version}` : `/apis/${apiVersionOf(kind)}`;
  return `${prefix}${kind.namespaced ? '/namespaces/{namespace}' : ''}/${kind.resource}/{name}`;
}

function gvk({ group, version, kind }: Kind): Record<string, string> {
  return { group, version, kind };
}

function schemaName({ group, version, kind }: Kind): string {
  return `io.k8s.api.${group.split('.')[0] || 'core'}.${version}.${kind}`;
}
