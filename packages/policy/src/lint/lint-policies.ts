import { FaultList, type PolicyFault } from '../document/fault-list.ts';
import { auditScope, namesScope, recordingsScope } from '../language/applies-in.ts';
import type { CompiledPolicy } from '../language/compiled-policy.ts';
import { blockOf, type Block } from './blocks/block.ts';
import { compareClause, type ComparedClause } from './blocks/compared-clause.ts';
import { createIsReserved } from './checks/warn-of-account-names.ts';
import { warnOfAllows } from './checks/warn-of-allows.ts';
import { warnOfShadowed } from './checks/warn-of-shadowed.ts';
import { builtInCatalog, type ResourceCatalog } from './resources/resource-catalog.ts';
import { warnOfDocument } from './warn-of-document.ts';

/** The policies of one cluster, by their scopes. */
type AppliedPolicies = {
  readonly name: string;
  /** For every request. */
  readonly scopes: readonly string[];
  /** In addition, for requests in some namespaces. */
  readonly namespaces: readonly { readonly scopes: readonly string[] }[];
  /** Evaluated, but not enforced. */
  readonly shadow?: readonly string[];
};

/** Where policies apply. */
type Where = {
  /** Returns the clusters to which a policy applies, if it applies anywhere. */
  clustersOf(scope: string): ReadonlySet<string> | undefined;
  /** Returns the policies that apply to every request to which this one applies, with this one. */
  widerScopes(scope: string): ReadonlySet<string>;
  /** Returns the sets of policies that apply together. Equal ones are returned once. */
  together(): readonly (readonly string[])[];
};

/** Determines where the policies of a configuration apply. */
function createWhere(clusters: readonly AppliedPolicies[]): Where {
  const applied = new Map<string, Set<string>>();
  const wider = new Map<string, Set<string>>();
  for (const { name, scopes, namespaces, shadow = [] } of clusters) {
    const inForce = new Set([...scopes, ...namespaces.flatMap((entry) => entry.scopes)]);
    for (const scope of [...inForce, ...shadow]) {
      const known = applied.get(scope);
      if (known) known.add(name);
      else applied.set(scope, new Set([name]));
    }
    for (const scope of inForce) {
      const known = wider.get(scope);
      wider.set(scope, new Set(known ? scopes.filter((one) => known.has(one)) : scopes).add(scope));
    }
  }
  const sets = new Map(
    clusters.map(({ scopes, namespaces }) => {
      const all = [...new Set([...scopes, ...namespaces.flatMap((entry) => entry.scopes)])];
      return [all.join('\n'), all];
    }),
  );
  return {
    clustersOf: (scope) => applied.get(scope),
    widerScopes: (scope) => wider.get(scope) ?? new Set([scope]),
    together: () => [...sets.values()],
  };
}

/** Policies to check. */
export type LintSubject = {
  /** Compiled policies. `isList`: whether the document is a list of rules, which determines the paths. */
  readonly policies: readonly { readonly policy: CompiledPolicy; readonly isList: boolean }[];
  /** Where the policies of a configuration apply. Absent for documents on their own. */
  readonly clusters?: readonly AppliedPolicies[];
  /** Which policies apply to the web applications of a configuration. */
  readonly routes?: readonly { readonly scopes: readonly string[] }[];
  /** The names of the elevations of a configuration. */
  readonly elevations?: readonly string[];
  /** The names of its on-call lists. */
  readonly onCall?: readonly string[];
  /** The resources of a live cluster, for the policies that apply there or, without clusters, for all. */
  readonly live?: { readonly cluster: string; readonly catalog: ResourceCatalog };
};

/** A warning about the policy with this scope. Its path begins in the document of that policy. */
export type PolicyWarning = PolicyFault & { readonly scope: string };

/** Beyond this, the rules of policies that apply together are not compared one by one. */
const maxTogether = 500;
/** These decide about Sallyport's own API, which has no Kubernetes requests. */
const isOfApi = (scope: string) => scope.startsWith('api/');

type Document = { scope: string; allows: Block[]; denials: Block[]; warnings: FaultList };

function warnTogether(documents: readonly Document[]): void {
  if (documents.reduce((sum, { allows, denials }) => sum + allows.length + denials.length, 0) > maxTogether) return;
  for (const { scope, allows, warnings } of documents) {
    const denials = documents.filter((other) => other.scope !== scope).flatMap((other) => other.denials);
    if (denials.length > 0) warnOfAllows(allows, denials, warnings);
  }
}

/** Warns if none of the policies that apply together allows anything. A policy of denials only is fine next to others. */
function warnOfNoAllow(documents: readonly Document[]): void {
  if (documents.some(({ allows }) => allows.length > 0)) return;
  const last = documents.at(-1);
  if (documents.length === 1)
    last?.warnings.add([], 'allows no one anything: it has no allow rule', { code: 'no-allow' });
  else
    last?.warnings.add(
      [],
      'allows no one anything: neither it nor the policies that apply with it have an allow rule',
      {
        code: 'no-allow',
      },
    );
}

/** Keeps one of several equal warnings: policies of many clusters are compared once for each. */
function distinct(warnings: readonly PolicyFault[], scope: string): PolicyWarning[] {
  const seen = new Map(warnings.map((one) => [`${one.path.join('.')}\0${one.message}`, one]));
  return [...seen.values()].map((one) => ({ ...one, scope }));
}

/**
 * Warns of rules that compile but are probably mistakes: they mean less or more than they seem to, name what does not
 * exist, can never hold, or have no effect next to others.
 */
export function lintPolicies({
  policies,
  clusters,
  routes = [],
  elevations = [],
  onCall = [],
  live,
}: LintSubject): PolicyWarning[] {
  const where = clusters && createWhere(clusters);
  const all = new Set(clusters?.map(({ name }) => name));
  const ofRoutes = new Set(routes.flatMap(({ scopes }) => scopes));
  const compared: ComparedClause[] = [];
  const documents = new Map<string, Document>();
  const isReserved = createIsReserved(policies.flatMap(({ policy }) => (policy.scope === namesScope ? [policy] : [])));
  for (const { policy, isList } of policies) {
    const { scope, allow, deny } = policy;
    const allows = allow.map((one) => blockOf(one, 'allow', isList));
    const denials = deny.map((one) => blockOf(one, 'deny', isList));
    const warnings = new FaultList();
    documents.set(scope, { scope, allows, denials, warnings });
    const appliesTo = where?.clustersOf(scope) ?? all;
    const isLive = live !== undefined && (!clusters || appliesTo.has(live.cluster));
    const catalog = isLive ? live.catalog : builtInCatalog;
    const names =
      clusters && (!isOfApi(scope) || scope === auditScope || scope === recordingsScope)
        ? { clusters: all, appliesTo, elevations: new Set(elevations), onCall: new Set(onCall) }
        : undefined;
    const place = scope.startsWith('recordings/')
      ? 'recordings'
      : ofRoutes.has(scope) && !where?.clustersOf(scope)
        ? 'route'
        : 'cluster';
    for (const clause of warnOfDocument({ allows, denials, catalog, isReserved, place, names }, warnings))
      compared.push(compareClause(clause, scope, compared.length));
  }
  warnOfShadowed({
    clauses: compared,
    widerScopes: (scope) => where?.widerScopes(scope) ?? new Set([scope]),
    warn: (scope, path, message, advice) => documents.get(scope)!.warnings.add(path, message, advice),
  });
  for (const scopes of where?.together() ?? []) {
    const together = scopes.flatMap((scope) => documents.get(scope) ?? []);
    warnTogether(together);
    warnOfNoAllow(together);
  }
  for (const document of documents.values()) if (!where || isOfApi(document.scope)) warnOfNoAllow([document]);
  return [...documents.values()].flatMap(({ scope, warnings }) => distinct(warnings.list(), scope));
}
