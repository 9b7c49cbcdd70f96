import type { ConfigFault } from '../config/gateway-config.ts';
import { createClusterNames } from './cluster-names.ts';
import { importClientCertificates, importGateway } from './import-gateway.ts';
import { importIdentity, importSessions } from './import-identity.ts';
import type { PolicyDeps } from './import-policy.ts';
import { createImportReport, type Finding, type ImportReport, type SecretFinding } from './import-report.ts';
import { importRoute, type ImportedCluster } from './import-route.ts';
import { reportUnsupportedOptions } from './report-unsupported-options.ts';
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
      notCarried: readonly Finding[];
      notes: readonly Finding[];
      secrets: readonly SecretFinding[];
      samples: ReadonlyMap<string, string>;
    };

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

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

function translate(options: Options, deps: PolicyDeps, report: ImportReport) {
  const mtls = importClientCertificates(options, report);
  const routeDeps = {
    ...deps,
    nameFor: createClusterNames(),
    hostsTaken: new Set<string>(),
    clientCertificates: mtls.required,
  };
  const clusters = routesOf(options).flatMap((route) => importRoute(route, routeDeps, report) ?? []);
  const gateway = importGateway(options, report, {
    firstHost: clusters[0]?.cluster.host,
    clientCaFile: mtls.clientCaFile,
  });
  const sessions = importSessions(options, report);
  const identity = importIdentity(options, report);
  reportUnsupportedOptions(options, 'global', report);
  if (clusters.length === 0)
    report.note(
      [],
      'the result has no cluster, because no Kubernetes route could be converted',
      'Add one to clusters.',
    );
  const config = {
    gateway,
    ...(sessions === undefined ? {} : { sessions }),
    ...(identity === undefined ? {} : { identity }),
    clusters: clusters.map(({ cluster }) => cluster),
  };
  return { config, clusters };
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
  const { config, clusters } = translate(createOptions(source.data, [], report), deps, report);
  if (report.faults.length > 0) return { ok: false, faults: report.faults };
  return {
    ok: true,
    config,
    clusters,
    notCarried: report.left,
    notes: report.notes,
    secrets: report.secrets,
    samples: report.samples,
  };
}
