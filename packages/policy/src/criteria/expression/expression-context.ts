import type { PolicyInput } from '../../input/policy-input.ts';
import { nameOf, namespaceOf } from '../../reach/name-of.ts';

const maxDepth = 16;
const nothing: ReadonlyMap<string, unknown> = new Map();
const kept = new WeakMap<object, ReadonlyMap<string, unknown>>();

/** Converts objects to maps, in which a key such as `constructor` has no special meaning. */
function asMaps(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > maxDepth) return undefined;
  if (Array.isArray(value)) return value.map((item) => asMaps(item, depth + 1));
  return new Map(Object.entries(value).map(([key, item]) => [key, asMaps(item, depth + 1)]));
}

/** Converts claims, once per object. */
function claimsOf(claims: Readonly<Record<string, unknown>> | undefined): ReadonlyMap<string, unknown> {
  if (typeof claims !== 'object' || claims === null) return nothing;
  let maps = kept.get(claims);
  if (!maps) {
    maps = asMaps(claims, 0) as ReadonlyMap<string, unknown>;
    kept.set(claims, maps);
  }
  return maps;
}

function headersOf(headers: Readonly<Record<string, string>> | undefined): ReadonlyMap<string, unknown> {
  if (typeof headers !== 'object' || headers === null) return nothing;
  return new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/**
 * The variables of an expression, created from an input on access. What the input lacks is missing, but a missing list
 * is empty, as for list matchers.
 */
export class ExpressionContext {
  input: PolicyInput = {};

  get request() {
    const { method, path, host, ip, headers } = this.input.request ?? {};
    return { method, path, host, ip, headers: headersOf(headers) };
  }

  get user() {
    const { id, email, groups, claims } = this.input.user ?? {};
    return { id, email, groups: groups ?? [], claims: claimsOf(claims) };
  }

  get session() {
    const { id, claims, acr, amr, authTime } = this.input.session ?? {};
    return {
      id,
      claims: claimsOf(claims),
      acr,
      amr: amr ?? [],
      authTime: authTime === undefined ? undefined : new Date(authTime),
    };
  }

  get cluster() {
    return { name: this.input.kubernetes?.cluster || undefined };
  }

  /**
   * As in the criteria, an empty namespace or name counts as missing, a namespace or name that a field selector pins
   * counts, and an attach has no command.
   */
  get kubernetes() {
    const { kubernetes } = this.input;
    if (!kubernetes) return undefined;
    // Read by name, because a request under another verb inherits its other members.
    return {
      cluster: kubernetes.cluster,
      verb: kubernetes.verb,
      requestVerb: kubernetes.requestVerb,
      isResourceRequest: kubernetes.isResourceRequest,
      path: kubernetes.path,
      apiGroup: kubernetes.apiGroup,
      apiVersion: kubernetes.apiVersion,
      resource: kubernetes.resource,
      subresource: kubernetes.subresource,
      namespace: namespaceOf(kubernetes) || undefined,
      name: nameOf(kubernetes) || undefined,
      labelSelector: kubernetes.labelSelector,
      fieldSelector: kubernetes.fieldSelector,
      dryRun: kubernetes.dryRun,
      namespaced: kubernetes.namespaced,
      aggregated: kubernetes.aggregated,
      upsert: kubernetes.upsert,
      upgrade: kubernetes.upgrade,
      impersonate: kubernetes.impersonate ?? [],
      exec: !kubernetes.subresource || kubernetes.subresource === 'exec' ? kubernetes.exec : undefined,
    };
  }

  get elevations() {
    return this.input.elevations ?? [];
  }

  get now() {
    return this.input.now === undefined ? undefined : new Date(this.input.now);
  }
}
