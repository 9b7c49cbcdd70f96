import { checkAuditSink, checkSpool } from '@sallyport/audit-log';
import {
  checkAuthorities,
  checkKeyPair,
  checkNamedFile,
  checkOwnService,
  type ConfigFault,
  type LoadedConfig,
  type ServiceCheck,
} from '@sallyport/kit';
import { readLogo } from '@sallyport/pages';
import { checkAcme } from './acme/check-acme.ts';
import { checkAuthority, checkDownloads } from './downloads/check-downloads.ts';
import { checkRecordings } from './recordings/recordings-directory.ts';
import { checkWebHeaders } from './web/check-web-headers.ts';
import { checkWebIdentity } from './web-identity/check-web-identity.ts';
import { readConnectors } from './connectors/read-connectors.ts';
import { checkCluster } from './upstream/check-cluster.ts';

function checkListener(loaded: LoadedConfig): ConfigFault[] {
  const { tls } = loaded.config.gateway;
  return [
    ...checkKeyPair(
      loaded,
      { path: 'gateway.tls.certFile', file: tls?.certFile },
      { path: 'gateway.tls.keyFile', file: tls?.keyFile },
    ),
    ...checkAuthorities(loaded, { path: 'gateway.tls.clientCaFile', file: tls?.clientCaFile }),
    ...checkAcme(loaded),
  ];
}

function checkServices(loaded: LoadedConfig): ConfigFault[] {
  return (['authenticate', 'authorize', 'audit'] as const).flatMap((service) =>
    checkAuthorities(loaded, {
      path: `services.${service}.caFile`,
      file: loaded.config.services[service].caFile,
    }),
  );
}

function checkWorkloads({ config: { workloads, clusters }, place }: LoadedConfig): ConfigFault[] {
  return workloads.flatMap(({ serviceAccounts }, index) => {
    if (!serviceAccounts || clusters.some(({ name }) => name === serviceAccounts.cluster)) return [];
    const path = `workloads.${index}.serviceAccounts.cluster`;
    return [{ path, message: 'is not the name of a cluster', ...place(path.split('.')) }];
  });
}

function checkConnectors({ config, place }: LoadedConfig): ConfigFault[] {
  return readConnectors(config.connectors).faults.map((fault) => ({ ...fault, ...place(fault.path.split('.')) }));
}

/** Checks the settings that the proxy uses: keys, its listener, the other services, and how to reach each cluster. */
export const checkProxy: ServiceCheck = {
  ofConfig: (loaded) => [
    ...checkOwnService(loaded, 'proxy'),
    ...checkListener(loaded),
    ...checkAuthority(loaded),
    ...checkServices(loaded),
    ...checkNamedFile(loaded, 'branding.logoFile', loaded.config.branding.logoFile, (image) => void readLogo(image)),
    ...loaded.config.clusters.flatMap((cluster, index) => checkCluster(loaded, cluster, index)),
    ...checkConnectors(loaded),
    ...checkWebIdentity(loaded),
    ...checkWebHeaders(loaded),
    ...checkWorkloads(loaded),
    ...checkAuditSink(loaded),
    ...checkSpool(loaded, 'proxy'),
    ...checkRecordings(loaded),
  ],
  whileRunning: checkDownloads,
};
