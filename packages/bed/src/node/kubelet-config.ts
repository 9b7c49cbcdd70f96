import path from 'node:path';
import type { NodeNames } from './node-names.ts';

export type KubeletFiles = {
  names: NodeNames;
  address: string;
  port: number;
  caFile: string;
  serving: { certFile: string; keyFile: string };
  /** The address of the cluster's DNS, if pods find Services. */
  clusterDns?: string | undefined;
};

/** Returns the kubelet's configuration, with all writable paths below the directory of the run. */
export function kubeletConfig({ names, address, port, caFile, serving, clusterDns }: KubeletFiles): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address,
    port,
    readOnlyPort: 0,
    healthzPort: 0,
    tlsCertFile: serving.certFile,
    tlsPrivateKeyFile: serving.keyFile,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: false }, x509: { clientCAFile: caFile } },
    authorization: { mode: 'AlwaysAllow' },
    containerRuntimeEndpoint: `unix://${names.containerdSocket}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${names.cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    podLogsDir: names.podLogs,
    volumePluginDir: path.join(names.kubeletDirectory, 'volume-plugins'),
    // The machine is used for other things, so a nearly full disk must not evict pods or collect images.
    evictionHard: {
      'memory.available': '1Mi',
      'nodefs.available': '0%',
      'nodefs.inodesFree': '0%',
      'imagefs.available': '0%',
      'imagefs.inodesFree': '0%',
    },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    // Tests read long logs through the gateway, so they are not rotated.
    containerLogMaxSize: '4Gi',
    nodeStatusUpdateFrequency: '5s',
    nodeStatusReportFrequency: '1m',
    maxPods: 100,
    ...(clusterDns === undefined ? {} : serviceSettings(clusterDns)),
  };
}

function serviceSettings(clusterDns: string): object {
  return {
    clusterDNS: [clusterDns],
    clusterDomain: 'cluster.local',
    // Names outside the cluster resolve to nothing, instead of to what the machine's resolver says.
    resolvConf: '',
    // A watch tells the kubelet of a changed ConfigMap at once. It updates the files of a pod when it next looks at the
    // pod, which is a minute apart by default.
    configMapAndSecretChangeDetectionStrategy: 'Watch',
    syncFrequency: '5s',
  };
}

export function kubeletArguments(options: {
  names: NodeNames;
  configFile: string;
  kubeconfigFile: string;
  address: string;
}): string[] {
  return [
    `--config=${options.configFile}`,
    `--kubeconfig=${options.kubeconfigFile}`,
    `--root-dir=${options.names.kubeletDirectory}`,
    `--cert-dir=${path.join(options.names.kubeletDirectory, 'pki')}`,
    `--hostname-override=${options.names.nodeName}`,
    // The kubelet refuses a loopback address. The address of the bridge is just as private.
    `--node-ip=${options.address}`,
  ];
}
