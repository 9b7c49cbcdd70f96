import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ControlPlane } from '../cluster/start-control-plane.ts';
import { createKubectl } from '../cluster/kubectl.ts';
import type { Programs } from '../components/catalogue.ts';
import { ManagedProcess } from '../run/managed-process.ts';
import { componentDirectory, type Run } from '../run/run-directory.ts';
import { corefile, dnsObjects, kubeProxyConfig } from './service-config.ts';
import { nodeNames } from './node-names.ts';
import type { NodePlace } from './prepare-node.ts';

/**
 * Returns the programs that make Services work on a node, which are not started yet: kube-proxy, and CoreDNS, both in
 * the network namespace of the node.
 */
export async function createServicePrograms(options: {
  run: Run;
  programs: Programs;
  place: NodePlace;
  controlPlane: ControlPlane;
}): Promise<ManagedProcess[]> {
  const { run, programs, place, controlPlane } = options;
  const { keys, server, adminKubeconfig } = controlPlane;
  const { networkNamespace, podSubnet } = place.services!;
  const directory = componentDirectory(run, 'services');
  const admin = createKubectl(programs.kubectl, adminKubeconfig);
  await admin.apply(...dnsObjects(place.address));
  const proxyConfig = path.join(directory, 'kube-proxy.json');
  const proxyUser = await keys.kubeconfigFile('kube-proxy', { commonName: 'system:kube-proxy' }, server);
  const { nodeName } = nodeNames(run);
  writeFileSync(proxyConfig, JSON.stringify(kubeProxyConfig({ kubeconfigFile: proxyUser, podSubnet, nodeName })));
  const dnsUser = await keys.kubeconfigFile('coredns', { commonName: 'system:coredns' }, server);
  writeFileSync(path.join(directory, 'Corefile'), corefile(dnsUser));
  const ready = async (url: string): Promise<boolean> => (await fetch(url)).status === 200;
  return [
    new ManagedProcess({
      run,
      name: 'kube-proxy',
      program: programs['kube-proxy'],
      args: [`--config=${proxyConfig}`],
      networkNamespace,
      ready: () => ready(`http://${place.address}:10256/healthz`),
      graceMs: 2_000,
    }),
    new ManagedProcess({
      run,
      name: 'coredns',
      program: programs.coredns,
      args: ['-conf', path.join(directory, 'Corefile')],
      networkNamespace,
      ready: () => ready(`http://${place.address}:8181/ready`),
      graceMs: 2_000,
    }),
  ];
}
