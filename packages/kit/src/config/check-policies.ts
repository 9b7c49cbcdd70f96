import { planPolicies, type PolicyPlan } from '@sallyport/contracts';
import type { ConfigFault } from './config-faults.ts';
import { nearestName } from './nearest-name.ts';
import { locateFault, type FindPlace } from './yaml-places.ts';

type Path = readonly (string | number)[];
type Fault = {
  readonly path: Path;
  readonly message: string;
  readonly hint?: string;
  readonly code?: string;
  readonly suggestion?: string;
  /** Another rule that a warning refers to. */
  readonly related?: { readonly scope: string; readonly path: Path };
};

/** The parts of the policy language that checking a configuration needs. This package does not import the language. */
export type PolicyEngine<P = unknown> = {
  compilePolicy(
    document: unknown,
    options: { scope: string },
  ):
    | { readonly ok: true; readonly policy: P; readonly warnings: readonly Fault[] }
    | { readonly ok: false; readonly faults: readonly Fault[] };
  /** Returns warnings about the policies, each alone and together, in addition to those of compiling them. */
  lintPolicies?(subject: {
    policies: readonly { policy: P; isList: boolean }[];
    clusters: PolicyPlan['clusters'];
    routes: PolicyPlan['routes'];
    elevations: readonly string[];
    onCall: readonly string[];
  }): readonly (Fault & { readonly scope: string })[];
  /** Returns a short version of a set of documents. Throws RangeError if they are too large. */
  policyVersion(documents: Readonly<Record<string, unknown>>): string;
};

/** The policies of a configuration: where each applies, the compiled policies by scope, faults and warnings. */
type CheckedPolicies<P> = {
  plan: PolicyPlan;
  compiled: ReadonlyMap<string, P>;
  faults: ConfigFault[];
  warnings: ConfigFault[];
  /** Returns the warnings with those of `lintPolicies`, which takes longer than everything else. */
  lint(): ConfigFault[];
};

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

/** Returns the paths of `accept` criteria in allow rules of a document. */
function acceptsIn(document: unknown): Path[] {
  const rules = Array.isArray(document)
    ? document.map((rule: unknown, index) => ({ rule, at: [index] as Path }))
    : [{ rule: document, at: [] as Path }];
  return rules.flatMap(({ rule, at }) =>
    ['and', 'or'].flatMap((operator) =>
      list(field(field(rule, 'allow'), operator)).flatMap((criterion, index) =>
        field(criterion, 'accept') === undefined ? [] : [[...at, 'allow', operator, index, 'accept']],
      ),
    ),
  );
}

/**
 * Returns the path of a fault in the configuration. A rule about recordings is written without the list and the action
 * that its document has.
 */
function pathOf({ scope, path }: { scope: string; path: Path }, inDocument: Path): Path {
  if (!scope.startsWith('recordings/')) return [...path, ...inDocument];
  const [, member, ...rest] = inDocument;
  return member === undefined || member === 'allow' || member === 'deny'
    ? [...path, ...rest]
    : [...path, member, ...rest];
}

const onCluster = /^(global$|policy\/|cluster\/|namespace\/)/;

function warningsOf(plan: PolicyPlan): Fault[] {
  const found: Fault[] = plan.unused.map((name) => ({
    path: ['policies', name],
    message: 'is not used by any cluster, namespace or route',
    code: 'unused-policy',
  }));
  for (const { scope, path, document } of plan.documents) {
    if (!onCluster.test(scope)) continue;
    for (const at of acceptsIn(document))
      found.push({
        path: [...path, ...at],
        message: 'accept on a cluster admits every authenticated user',
        code: 'accepts-everyone',
        hint: 'name groups, or use authenticated_user if this is intended',
      });
  }
  plan.clusters.forEach(({ scopes, namespaces }, index) => {
    if (scopes.length === 0 && namespaces.length === 0)
      found.push({
        path: ['clusters', index, 'policy'],
        message: 'is missing: no request to this cluster is allowed',
        code: 'no-policy',
      });
  });
  plan.routes.forEach(({ scopes }, index) => {
    if (scopes.length === 0)
      found.push({
        path: ['routes', index, 'policy'],
        message: 'is missing: no request to this route is allowed',
        code: 'no-policy',
      });
  });
  plan.elevations.forEach(({ requesters, approvers, approverSets, reviewers }, index) => {
    if (requesters.length > 0 && approvers.length + approverSets.length + reviewers.length === 0)
      found.push({
        path: ['elevations', index],
        message: 'begins without an approval, and no one has to review it',
        code: 'no-review',
        hint: 'add review: {by: {groups: [...]}, within: 24h}',
      });
  });
  return found;
}

/** Returns the names of the entries of a section in the data of a configuration. */
function namesIn(data: unknown, section: 'elevations' | 'onCall'): string[] {
  return list(field(data, section)).flatMap((entry) => {
    const name = field(entry, 'name');
    return typeof name === 'string' ? [name] : [];
  });
}

/** Returns the warnings of the policy language about all policies. */
function lintAll<P>(
  data: unknown,
  { plan, compiled }: Pick<CheckedPolicies<P>, 'plan' | 'compiled'>,
  { lintPolicies }: PolicyEngine<P>,
): Fault[] {
  if (!lintPolicies) return [];
  const documents = new Map(plan.documents.map((one) => [one.scope, one]));
  const policies = [...documents.values()].flatMap(({ scope, document }) => {
    const policy = compiled.get(scope);
    return policy === undefined ? [] : [{ policy, isList: Array.isArray(document) }];
  });
  const found = lintPolicies({
    policies,
    clusters: plan.clusters,
    routes: plan.routes,
    elevations: namesIn(data, 'elevations'),
    onCall: namesIn(data, 'onCall'),
  });
  return found.map(({ scope, ...warning }) => ({
    ...warning,
    path: pathOf(documents.get(scope)!, warning.path),
    ...(warning.related && {
      related: {
        scope: warning.related.scope,
        path: pathOf(documents.get(warning.related.scope)!, warning.related.path),
      },
    }),
  }));
}

/** Identifies a warning, so that the same message about the same place is reported once. */
const keyOf = ({ path, message }: ConfigFault): string => `${path}\0${message}`;

/**
 * Compiles every policy in the data of a configuration, and reports all faults, including names of missing policies.
 * With `lintLater`, the warnings do not include those of `lintPolicies`.
 */
export function checkPolicies<P>(
  source: { data: unknown; place: FindPlace },
  engine: PolicyEngine<P>,
  { lintLater = false }: { lintLater?: boolean } = {},
): CheckedPolicies<P> {
  const plan = planPolicies(source.data);
  const compiled = new Map<string, P>();
  const faults: ConfigFault[] = [];
  const inCompiling: ConfigFault[] = [];
  const locate = (path: Path, fault: Omit<Fault, 'path'>) => locateFault({ ...fault, path }, source.place);
  for (const one of plan.documents) {
    const { scope } = one;
    const result = engine.compilePolicy(one.document, { scope });
    for (const found of result.ok ? result.warnings : result.faults) {
      const related = found.related && { ...found.related, path: pathOf(one, found.related.path) };
      const fault = locate(pathOf(one, found.path), { ...found, ...(related && { related }) });
      if (result.ok) inCompiling.push(fault);
      else faults.push(fault);
    }
    if (result.ok) compiled.set(scope, result.policy);
  }
  for (const { path, name } of plan.missing) {
    const near = nearestName(name, plan.names);
    faults.push(
      locate(path, {
        message: `there is no policy ${JSON.stringify(name.slice(0, 64))}`,
        hint: near === undefined ? 'define it under "policies"' : `did you mean ${near}?`,
      }),
    );
  }
  const withLinted = (linted: readonly Fault[]) => {
    const warnings = new Map<string, ConfigFault>(inCompiling.map((fault) => [keyOf(fault), fault]));
    for (const { path, ...found } of [...linted, ...warningsOf(plan)]) {
      const fault = locate(path, found);
      if (!warnings.has(keyOf(fault))) warnings.set(keyOf(fault), fault);
    }
    return [...warnings.values()];
  };
  const lint = () => withLinted(lintAll(source.data, { plan, compiled }, engine));
  return { plan, compiled, faults, warnings: lintLater ? withLinted([]) : lint(), lint };
}
