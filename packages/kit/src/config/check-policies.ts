import { planPolicies, type PolicyPlan } from '@sallyport/contracts';
import type { ConfigFault } from './config-faults.ts';
import { nearestName } from './nearest-name.ts';
import type { FindPlace } from './yaml-places.ts';

type Path = readonly (string | number)[];
type Fault = { readonly path: Path; readonly message: string; readonly hint?: string };

/**
 * What the policy language offers to whoever checks a configuration; this package does not know the language itself.
 */
export type PolicyEngine<P = unknown> = {
  compilePolicy(
    document: unknown,
    options: { scope: string },
  ):
    | { readonly ok: true; readonly policy: P; readonly warnings: readonly Fault[] }
    | { readonly ok: false; readonly faults: readonly Fault[] };
  /**
   * What is doubtful about policies that hold together, beside what is about each alone; paths begin with the index of
   * a rule.
   */
  lintTogether?(policies: readonly P[]): readonly (Fault & { readonly scope: string })[];
  /** A short name of a set of documents. Throws RangeError if they are too big. */
  policyVersion(documents: Readonly<Record<string, unknown>>): string;
};

/**
 * The policies of a configuration: where each holds, the compiled ones by scope, and what is wrong or doubtful about
 * them.
 */
export type CheckedPolicies<P> = {
  plan: PolicyPlan;
  compiled: ReadonlyMap<string, P>;
  faults: ConfigFault[];
  warnings: ConfigFault[];
};

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

/** Where a document lets everybody in by `accept`. */
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

function doubtful(plan: PolicyPlan): Fault[] {
  const found: Fault[] = plan.unused.map((name) => ({
    path: ['policies', name],
    message: 'is used by no cluster and no namespace',
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
        message: 'is missing: nobody may do anything on this cluster',
      });
  });
  return found;
}

/** What is doubtful about the policies that hold for one cluster, or for namespaces of it. */
function doubtfulTogether<P>(plan: PolicyPlan, compiled: ReadonlyMap<string, P>, engine: PolicyEngine<P>): Fault[] {
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

/** The same thing said twice of the same place is said once. */
const keyOf = ({ path, message }: ConfigFault): string => `${path}\0${message}`;

/**
 * Compiles every policy of a configuration, or of what a YAML reader made of one, and reports all faults of all of
 * them, names that stand for nothing included.
 */
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
  for (const { path, ...found } of doubtfulTogether(plan, compiled, engine)) {
    const fault = locate(path, found);
    if (!warnings.has(keyOf(fault))) warnings.set(keyOf(fault), fault);
  }
  for (const { path, name } of plan.missing) {
    const near = nearestName(name, plan.names);
    faults.push(
      locate(path, {
        message: `there is no policy ${JSON.stringify(name.slice(0, 64))}`,
        hint: near === undefined ? 'policies are named under "policies"' : `did you mean ${near}?`,
      }),
    );
  }
  for (const { path, ...found } of doubtful(plan)) {
    const fault = locate(path, found);
    if (!warnings.has(keyOf(fault))) warnings.set(keyOf(fault), fault);
  }
  return { plan, compiled, faults, warnings: [...warnings.values()] };
}
