import { isMapping } from '../input/untrusted.ts';
import type { ConfigFault } from '../config/gateway-config.ts';
import { createClusterNames, importRoute, isKubernetesRoute, type ImportedCluster } from './import-route.ts';
import { importClientCertificates, importGateway } from './import-gateway.ts';
import { importIdentity, importSessions } from './import-identity.ts';
import type { PolicyDeps } from './import-policy.ts';
import { createImportReport, type Finding, type ImportReport, type SecretFinding } from './import-report.ts';
import { importSigningKey, readIdentityDefaults } from './import-web-identity.ts';
import { importWebRoute, type ImportedWebRoute } from './import-web-route.ts';
import { reportUnsupportedOptions } from './unsupported-options.ts';
import { createOptions, type Options } from './options.ts';

type Place = (keys: readonly PropertyKey[]) => { line: number; column: number } | undefined;

/** A parsed Pomerium configuration: plain data, and the place of each path in the text. */
type PomeriumSource = { data: unknown; place: Place };

/** The result of an import: a configuration for `sallyport.yaml` with a report, or the faults that prevent one. */
export type PomeriumImport =
  | { ok: false; faults: readonly ConfigFault[] }
  | {
      ok: true;
      config: Record<string, unknown>;
      clusters: readonly ImportedCluster[];
      routes: readonly ImportedWebRoute[];
      notCarried: readonly Finding[];
      notes: readonly Finding[];
      secrets: readonly SecretFinding[];
      samples: ReadonlyMap<string, string>;
    };

function refuseOtherFiles(data: Record<string, unknown>, report: ImportReport): void {
  if (typeof data.apiVersion === 'string' && typeof data.kind === 'string') {
    report.fault(
      ['kind'],
      'is a Kubernetes object, not a configuration file of Pomerium Core',
      'use the config.yaml that Pomerium itself reads',
    );
  } else if (Object.hasOwn(data, 'gateway') && Object.hasOwn(data, 'clusters'))
    report.fault(['gateway'], 'is already a Sallyport configuration');
}

/** Returns the routes, which older files list under `policy`. */
function routesOf(options: Options): readonly Options[] {
  return [...options.mappings('routes'), ...options.mappings('policy')];
}

/** Converts the routes to web applications, and the key that signs what these learn about users. */
function importWebRoutes(
  options: Options,
  all: readonly Options[],
  deps: PolicyDeps & { clientCertificates: boolean; hostsTaken: Set<string> },
  report: ImportReport,
): { routes: ImportedWebRoute[]; identityKeyFile?: string } {
  const sources = all.filter((route) => !isKubernetesRoute(route));
  if (sources.length === 0) return { routes: [] };
  const passes = [options, ...sources].some((one) => one.isSet('pass_identity_headers'));
  const identity = passes
    ? readIdentityDefaults(options, report)
    : { passIdentity: false, headers: {}, groups: undefined };
  const routes = sources.flatMap((route) => importWebRoute(route, { ...deps, identity }, report) ?? []);
  const signs = routes.some(({ route }) => route.identity !== undefined);
  return signs ? { routes, identityKeyFile: importSigningKey(options, report) } : { routes };
}

/** Reports whether a web route has the port of the gateway, which has only one. */
function hasPortOf(gatewayUrl: unknown, source: string, from: string, report: ImportReport): boolean {
  if (new URL(from).port === new URL(String(gatewayUrl)).port) return true;
  report.notCarried(
    [...source.split('.'), 'from'],
    'has another port than gateway.url, and the gateway has only one',
    'Give the application an address with the port of gateway.url. The route is left out.',
  );
  return false;
}

function translate(options: Options, deps: PolicyDeps, report: ImportReport) {
  const mtls = importClientCertificates(options, report);
  const routeDeps = {
    ...deps,
    nameFor: createClusterNames(),
    hostsTaken: new Set<string>(),
    clientCertificates: mtls.required,
  };
  const all = routesOf(options);
  const clusters = all.filter(isKubernetesRoute).flatMap((route) => importRoute(route, routeDeps, report) ?? []);
  const web = importWebRoutes(options, all, routeDeps, report);
  const gateway = importGateway(options, report, {
    firstHost: clusters[0]?.cluster.host ?? (web.routes[0] && new URL(web.routes[0].route.from).hostname),
    clientCaFile: mtls.clientCaFile,
  });
  const routes = web.routes.filter(({ source, route }) => hasPortOf(gateway.url, source, route.from, report));
  const sessions = importSessions(options, report);
  const identity = importIdentity(options, report);
  reportUnsupportedOptions(options, 'global', report);
  if (clusters.length === 0 && routes.length === 0)
    report.note(
      [],
      'the result has no cluster and no web application, because no route could be converted',
      'Add one to clusters or routes.',
    );
  const config = {
    gateway: web.identityKeyFile === undefined ? gateway : { ...gateway, identityKeyFile: web.identityKeyFile },
    ...(sessions === undefined ? {} : { sessions }),
    ...(identity === undefined ? {} : { identity }),
    clusters: clusters.map(({ cluster }) => cluster),
    ...(routes.length === 0 ? {} : { routes: routes.map(({ route }) => route) }),
  };
  return { config, clusters, routes };
}

/**
 * Converts a Pomerium configuration. The result never allows more than the source. What cannot be converted is left
 * out, and the report lists it.
 */
export function importPomerium(source: PomeriumSource, deps: PolicyDeps): PomeriumImport {
  const report = createImportReport(source.place);
  if (!isMapping(source.data))
    return {
      ok: false,
      faults: [
        { path: '', message: 'is not a mapping of options', hint: 'use the config.yaml that Pomerium itself reads' },
      ],
    };
  refuseOtherFiles(source.data, report);
  if (report.faults.length > 0) return { ok: false, faults: report.faults };
  const { config, clusters, routes } = translate(createOptions(source.data, [], report), deps, report);
  if (report.faults.length > 0) return { ok: false, faults: report.faults };
  return {
    ok: true,
    config,
    clusters,
    routes,
    notCarried: report.left,
    notes: report.notes,
    secrets: report.secrets,
    samples: report.samples,
  };
}
