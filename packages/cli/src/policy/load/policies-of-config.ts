import path from 'node:path';
import { fieldOf, textsOf } from '../../input/untrusted.ts';
import type { CompiledPolicy, ConfigFault } from '../../config/gateway-config.ts';
import type { Environment } from '../../environment/environment.ts';
import type { PolicyTools } from '../../config/load-gateway-config.ts';
import { refuseFaults } from './read-policy.ts';

/**
 * Reports whether a fault of a configuration keeps its policies from being read: it is in an included file, or in the
 * names and patterns that refer to policies.
 */
export function isAboutPolicies(fault: ConfigFault): boolean {
  return (
    fault.file !== undefined ||
    /(?:^|\.)(?:policyFile|policies|namespaces|shadow|policy)(?:\.|$)/.test(fault.path) ||
    /^clusters(?:\.\d+(?:\.name)?)?$/.test(fault.path)
  );
}

type Cluster = {
  policies: readonly CompiledPolicy[];
  namespaces: { matches: (name: string) => boolean; policies: readonly CompiledPolicy[] }[];
  allowSystem: ReadonlySet<string>;
  spanning: readonly CompiledPolicy[];
  known: Map<string, readonly CompiledPolicy[]>;
};

const maxKnown = 1000;

/** To a request that spans namespaces, the deny rules of their policies apply as well. */
function spanningOf({ policies, namespaces }: Pick<Cluster, 'policies' | 'namespaces'>): readonly CompiledPolicy[] {
  const others = new Set(
    namespaces.flatMap((one) => one.policies).filter((policy) => policy.deny.length > 0 && !policies.includes(policy)),
  );
  return others.size === 0 ? policies : [...policies, ...[...others].map((policy) => ({ ...policy, allow: [] }))];
}

function select(cluster: Cluster, namespace: string | undefined): readonly CompiledPolicy[] {
  if (namespace === undefined) return cluster.spanning;
  if (namespace === '' || cluster.namespaces.length === 0) return cluster.policies;
  const matching = cluster.namespaces.map(({ matches }) => matches(namespace));
  const key = matching.join();
  let found = cluster.known.get(key);
  if (!found) {
    // A policy that applies for several reasons counts once, in its first place.
    found = [
      ...new Set([
        ...cluster.policies,
        ...cluster.namespaces.flatMap(({ policies }, index) => (matching[index] === true ? policies : [])),
      ]),
    ];
    if (cluster.known.size >= maxKnown) cluster.known.clear();
    cluster.known.set(key, found);
  }
  return found;
}

/**
 * Reads and compiles the policies of a configuration, and selects them as authorize does. Refuses faults of the policies,
 * and ignores faults elsewhere: its secrets, for example, are usually not available where policies are edited.
 */
export function policiesOfConfig(environment: Environment, named: string, tools: PolicyTools) {
  const file = path.resolve(environment.workingDirectory, named);
  const { data, faults: all, place } = tools.examineConfigFile(file, environment.env);
  const faults = data === undefined ? all : all.filter(isAboutPolicies);
  const { compilePolicy, policyVersion } = tools;
  const checked = tools.checkPolicies({ data, place }, { compilePolicy, policyVersion });
  if (faults.length > 0 || checked.faults.length > 0)
    return refuseFaults(environment, file, [...faults, ...checked.faults], tools);
  const settings = fieldOf(data, 'clusters');
  const compiled = (scopes: readonly string[]) =>
    scopes.map((scope) => {
      const policy = checked.compiled.get(scope);
      // To omit a policy would drop its deny rules.
      if (!policy) throw new Error(`the policy ${scope} was not compiled`);
      return policy;
    });
  const clusters = new Map(
    checked.plan.clusters.map(({ name, scopes, namespaces: entries }, index): [string, Cluster] => {
      const policies = compiled(scopes);
      const namespaces = entries.map((entry) => {
        const globs = entry.match.map(tools.compileGlob);
        return {
          matches: (namespace: string) => globs.some((matches) => matches(namespace)),
          policies: compiled(entry.scopes),
        };
      });
      const allowSystem = new Set(
        textsOf(fieldOf(fieldOf(Array.isArray(settings) ? settings[index] : undefined, 'impersonate'), 'allowSystem')),
      );
      return [
        name,
        { policies, namespaces, spanning: spanningOf({ policies, namespaces }), allowSystem, known: new Map() },
      ];
    }),
  );
  const routes = new Map(checked.plan.routes.map(({ host, scopes }) => [host, compiled(scopes)]));
  return {
    /**
     * Returns the policies for one request in order, or undefined if there is no such cluster. The namespace is empty for
     * a request outside any namespace, and undefined for one that spans them. Equal arguments return the same list.
     */
    of: (cluster: string, namespace: string | undefined): readonly CompiledPolicy[] | undefined => {
      const found = clusters.get(cluster);
      return found && select(found, namespace);
    },
    /** Returns the policies of a web application, or undefined if there is none with this host. */
    ofRoute: (host: string) => routes.get(host.toLowerCase().replace(/:\d+$/, '')),
    /** Reports whether the settings of the cluster refuse this user name, whatever the policies say. */
    refusesUser: (cluster: string, user: string): boolean =>
      /^system:/i.test(user) && clusters.get(cluster)?.allowSystem.has(user) !== true,
    clusters: [...clusters.keys()],
  };
}
