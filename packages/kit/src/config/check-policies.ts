import { planPolicies, type PolicyPlan } from '@sallyport/contracts';
import type { ConfigFault } from './config-faults.ts';
import { nearestName } from './nearest-name.ts';
import type { FindPlace } from './yaml-places.ts';

type Path = readonly (string | number)[];
type Fault = { readonly path: Path; readonly message: string; readonly hint?: string };

/** The parts of the policy language that checking a configuration needs. This package does not import the language. */
export type PolicyEngine<P = unknown> = {
  compilePolicy(
    document: unknown,
    options: { scope: string },
  ):
    | { readonly ok: true; readonly policy: P; readonly warnings: readonly Fault[] }
    | { readonly ok: false; readonly faults: readonly Fault[] };
  /**
   * Returns warnings about policies that apply together, in addition to those about each. Paths begin with the index of
   * a rule.
   */
  lintTogether?(policies: readonly P[]): readonly (Fault & { readonly scope: string })[];
  /** Returns a short version of a set of documents. Throws RangeError if they are too large. */
  policyVersion(documents: Readonly<Record<string, unknown>>): string;
};

/** The policies of a configuration: where each applies, the compiled policies by scope, faults and warnings. */
type CheckedPolicies<P> = {
  plan: PolicyPlan;
  compiled: ReadonlyMap<string, P>;
  faults: ConfigFault[];
  warnings: ConfigFault[];
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

const onCluster = /^(global$|policy\/|cluster\/|namespace\/)/;

function warningsOf(plan: PolicyPlan): Fault[] {
  const found: Fault[] = plan.unused.map((name) => ({
    path: ['policies', name],
    message: 'is not used by any cluster or namespace',
  }));
  for (const { scope, path, document } of plan.documents) {
    if (!onCluster.test(scope)) continue;
    for (const at of acceptsIn(document))
      found.push({
        path: [...path, ...at],
        message: 'accept on a cluster admits every authenticated user',
        hint: 'name groups, or use authenticated_user if this is intended',
      });
  }
  plan.clusters.forEach(({ scopes, namespaces }, index) => {
    if (scopes.length === 0 && namespaces.length === 0)
      found.push({
        path: ['clusters', index, 'policy'],
        message: 'is missing: no request to this cluster is allowed',
      });
  });
  return found;
}

/** Returns warnings about the policies that apply together to one cluster and its namespaces. */
function warningsTogether<P>(plan: PolicyPlan, compiled: ReadonlyMap<string, P>, engine: PolicyEngine<P>): Fault[] {
  const { lintTogether } = engine;
  if (!lintTogether) return [];
  const documents = new Map(plan.documents.map((one) => [one.scope, one]));
  return plan.clusters.flatMap(({ scopes, namespaces }) => {
    const together = [...new Set([...scopes, ...namespaces.flatMap((entry) => entry.scopes)])].flatMap(
      (scope) => compiled.get(scope) ?? [],
    );
    return lintTogether(together).flatMap(({ scope, path, message, hint }) => {
      const found = documents.get(scope);
      return found
        ? [
            {
              path: [...found.path, ...(Array.isArray(found.document) ? path : path.slice(1))],
              message,
              ...(hint === undefined ? {} : { hint }),
            },
          ]
        : [];
    });
  });
}

/** Identifies a warning, so that the same message about the same place is reported once. */
const keyOf = ({ path, message }: ConfigFault): string => `${path}\0${message}`;

/** Compiles every policy in the data of a configuration, and reports all faults, including names of missing policies. */
export function checkPolicies<P>(
  source: { data: unknown; place: FindPlace },
  engine: PolicyEngine<P>,
): CheckedPolicies<P> {
  const plan = planPolicies(source.data);
  const compiled = new Map<string, P>();
  const faults: ConfigFault[] = [];
  const warnings = new Map<string, ConfigFault>();
  const locate = (path: Path, { message, hint }: Omit<Fault, 'path'>): ConfigFault => ({
    path: path.join('.'),
    message,
    ...(hint === undefined ? {} : { hint }),
    ...source.place(path),
  });
  for (const { scope, path, document } of plan.documents) {
    const result = engine.compilePolicy(document, { scope });
    for (const found of result.ok ? result.warnings : result.faults) {
      const fault = locate([...path, ...found.path], found);
      if (result.ok) warnings.set(keyOf(fault), fault);
      else faults.push(fault);
    }
    if (result.ok) compiled.set(scope, result.policy);
  }
  for (const { path, ...found } of warningsTogether(plan, compiled, engine)) {
    const fault = locate(path, found);
    if (!warnings.has(keyOf(fault))) warnings.set(keyOf(fault), fault);
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
  for (const { path, ...found } of warningsOf(plan)) {
    const fault = locate(path, found);
    if (!warnings.has(keyOf(fault))) warnings.set(keyOf(fault), fault);
  }
  return { plan, compiled, faults, warnings: [...warnings.values()] };
}
