import { apiAreas, type ApiArea } from '../policy/decision.ts';
import { elevationPolicy } from './elevation.ts';
import { recordDemands, type RecordDemand } from './recordings.ts';
import { hostOfRoute } from './route.ts';

type Path = (string | number)[];

/** A policy document of a configuration: its path, and the scope with which the names of its rules begin. */
export type PolicyDocument = { scope: string; path: Path; document: unknown };

/** The policies of one cluster: scopes of documents in the order in which their rules are named. */
export type ClusterPlan = {
  name: string;
  scopes: string[];
  /** Additional policies for requests whose namespace matches one of the patterns. */
  namespaces: { match: string[]; scopes: string[] }[];
  /** Evaluated in addition to the others, never enforced. */
  shadow: string[];
  explain: boolean;
};

/** The policies of one route: scopes of documents in the order in which their rules are named. */
type RoutePlan = { host: string; scopes: string[]; explain: boolean };

/** Every policy of a configuration, and where each applies. */
export type PolicyPlan = {
  documents: PolicyDocument[];
  clusters: ClusterPlan[];
  routes: RoutePlan[];
  api: { area: ApiArea; scope: string }[];
  /** Who may ask for an elevation, who approves it and who reviews it, in the order of the configuration. */
  elevations: {
    name: string;
    requesters: string[];
    approvers: string[];
    /** The sets of approvers, each of which must approve; none if `approvers` are enough. */
    approverSets: { name: string; scopes: string[] }[];
    reviewers: string[];
  }[];
  /** Which sessions are recorded: the rules in the order of the configuration, and what applies without one. */
  recordings: { default: RecordDemand; rules: { record: RecordDemand; scope: string }[] };
  /** Names that are used but not defined; `names` has those that are defined. */
  missing: { path: Path; name: string }[];
  names: string[];
  /** Named policies that are not used. */
  unused: string[];
};

type Draft = PolicyPlan & {
  known: ReadonlySet<string>;
  used: Set<string>;
  global: string[];
  globalShadow: string[];
  explain: boolean;
};

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

/** Adds a document to the draft if there is one. Returns its scope. */
function take(draft: Draft, document: unknown, scope: string, path: Path): string[] {
  if (document == null) return [];
  draft.documents.push({ scope, path, document });
  return [scope];
}

function resolveNames(draft: Draft, names: unknown, path: Path): string[] {
  return list(names).flatMap((name, index) => {
    if (typeof name !== 'string') return [];
    draft.used.add(name);
    if (draft.known.has(name)) return [`policy/${name}`];
    draft.missing.push({ path: [...path, index], name });
    return [];
  });
}

/** Returns the scopes of an entry with `policies` and `policy`: the named ones first, each once. */
function takeBoth(draft: Draft, entry: unknown, scope: string, path: Path): string[] {
  return [
    ...new Set([
      ...resolveNames(draft, field(entry, 'policies'), [...path, 'policies']),
      ...take(draft, field(entry, 'policy'), scope, [...path, 'policy']),
    ]),
  ];
}

function planCluster(draft: Draft, cluster: unknown, index: number): ClusterPlan {
  const given = field(cluster, 'name');
  // The schema reports a name that is not a string. Not every such value can be converted to one.
  const name = typeof given === 'string' ? given : '';
  const path = ['clusters', index];
  const own = takeBoth(draft, cluster, `cluster/${name}`, path);
  const namespaces = list(field(cluster, 'namespaces')).map((entry, place) => {
    const given = field(entry, 'match');
    const match = (Array.isArray(given) ? given : [given]).map(String);
    return {
      match,
      scopes: takeBoth(draft, entry, `namespace/${name}/${match.join(',')}`, [...path, 'namespaces', place]),
    };
  });
  const shadow = take(draft, field(cluster, 'shadow'), `shadow/cluster/${name}`, [...path, 'shadow']);
  const explain = field(cluster, 'explain');
  return {
    name,
    scopes: [...draft.global, ...own],
    namespaces,
    shadow: [...draft.globalShadow, ...shadow],
    explain: typeof explain === 'boolean' ? explain : draft.explain,
  };
}

/** Plans one route. The global policy is about requests to clusters, and does not apply to routes. */
function planRoute(draft: Draft, route: unknown, index: number): RoutePlan {
  const host = hostOfRoute(field(route, 'from'));
  const explain = field(route, 'explain');
  return {
    host,
    scopes: takeBoth(draft, route, `route/${host}`, ['routes', index]),
    explain: typeof explain === 'boolean' ? explain : draft.explain,
  };
}

function planElevation(draft: Draft, entry: unknown, index: number): PolicyPlan['elevations'][number] {
  const given = field(entry, 'name');
  const name = typeof given === 'string' ? given : '';
  const scopesOf = (role: string, document: unknown, path: Path) =>
    take(draft, elevationPolicy(document), `elevation/${name}/${role}`, ['elevations', index, ...path]);
  return {
    name,
    requesters: scopesOf('requesters', field(entry, 'requesters'), ['requesters']),
    approvers: scopesOf('approvers', field(entry, 'approvers'), ['approvers']),
    approverSets: list(field(entry, 'approverSets')).map((one, place) => {
      const set = field(one, 'name');
      const setName = typeof set === 'string' ? set : '';
      const scopes = scopesOf(`approvers/${setName}`, field(one, 'by'), ['approverSets', place, 'by']);
      return { name: setName, scopes };
    }),
    reviewers: scopesOf('reviewers', field(field(entry, 'review'), 'by'), ['review', 'by']),
  };
}

const demandOf = (value: unknown): RecordDemand | undefined => recordDemands.find((one) => one === value);

/**
 * Plans the rules about recordings. A rule that demands less than the default stands in an allow rule, which holds only
 * where it surely does. Every other one stands in a deny rule, which holds where it may hold.
 */
function planRecordings(draft: Draft, section: unknown): PolicyPlan['recordings'] {
  // The schema reports a demand that does not exist.
  const byDefault = demandOf(field(section, 'default')) ?? 'off';
  const rules = list(field(section, 'rules')).flatMap((rule, index) => {
    const demand = demandOf(field(rule, 'record'));
    if (demand === undefined || typeof rule !== 'object') return [];
    const { record: _demand, name, ...body } = rule as Record<string, unknown>;
    const action = recordDemands.indexOf(demand) < recordDemands.indexOf(byDefault) ? 'allow' : 'deny';
    const document = [{ [action]: body, ...(name === undefined ? {} : { name }) }];
    const scopes = take(draft, document, `recordings/${index}`, ['recordings', 'rules', index]);
    return scopes.map((scope) => ({ record: demand, scope }));
  });
  return { default: byDefault, rules };
}

/**
 * Lists the policies of a configuration, and where each applies: the global one first, then those that a cluster names,
 * then its own, then those of its namespaces. A route has those that it names, then its own. Takes the output of a YAML
 * reader without validation, so that policies can be checked even if other parts of the file are faulty.
 */
export function planPolicies(data: unknown): PolicyPlan {
  const named = field(data, 'policies');
  const entries = typeof named === 'object' && named !== null && !Array.isArray(named) ? Object.entries(named) : [];
  const names = entries.filter(([, document]) => document != null).map(([name]) => name);
  const draft: Draft = {
    documents: [],
    clusters: [],
    routes: [],
    api: [],
    elevations: [],
    recordings: { default: 'off', rules: [] },
    missing: [],
    unused: [],
    names,
    known: new Set(names),
    used: new Set(),
    global: [],
    globalShadow: [],
    explain: field(data, 'explain') === true,
  };
  draft.global = take(draft, field(data, 'policy'), 'global', ['policy']);
  for (const [name, document] of entries) take(draft, document, `policy/${name}`, ['policies', name]);
  draft.globalShadow = take(draft, field(data, 'shadow'), 'shadow/global', ['shadow']);
  draft.clusters = list(field(data, 'clusters')).map((cluster, index) => planCluster(draft, cluster, index));
  draft.routes = list(field(data, 'routes')).map((route, index) => planRoute(draft, route, index));
  const areas = field(field(data, 'api'), 'policy');
  for (const area of apiAreas)
    for (const scope of take(draft, field(areas, area), `api/${area}`, ['api', 'policy', area]))
      draft.api.push({ area, scope });
  draft.elevations = list(field(data, 'elevations')).map((entry, index) => planElevation(draft, entry, index));
  draft.recordings = planRecordings(draft, field(data, 'recordings'));
  const { documents, clusters, routes, api, elevations, recordings, missing, used } = draft;
  return {
    documents,
    clusters,
    routes,
    api,
    elevations,
    recordings,
    missing,
    names,
    unused: entries.map(([name]) => name).filter((name) => !used.has(name)),
  };
}
