import { createHash } from 'node:crypto';
import { apiVersionOf } from '../kinds/kind.ts';
import type { Kind } from '../kinds/kind.ts';
import { kinds } from '../kinds/kinds.ts';
import { groups } from './discovered.ts';

const info = { title: 'Sallyport practice cluster', version: 'v1' };

/**
 * OpenAPI v2 in its smallest form: it describes no schema, so that clients fall back to what they know of the kinds
 * themselves.
 */
export const openApiV2 = { swagger: '2.0', info, paths: {}, definitions: {} };

/** The index of OpenAPI v3 documents, one for each group and version. */
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
 * The OpenAPI v3 document of a group and version: which paths take a PATCH, and that they know dryRun and
 * fieldValidation, which is what kubectl looks for.
 */
export function openApiV3(group: string, version: string): Record<string, unknown> {
  const own = kinds.filter((kind) => kind.group === group && kind.version === version);
  const schemas = own.map((kind) => [
    schemaName(kind),
    {
      type: 'object',
      description: `${kind.kind}: the practice cluster describes no fields.`,
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
