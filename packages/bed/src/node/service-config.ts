/** The address of the cluster's DNS, in the range of the Services. */
export const CLUSTER_DNS = '10.96.0.10';

/** Returns kube-proxy's configuration. Its rules are those of the network namespace in which it runs. */
export function kubeProxyConfig(options: { kubeconfigFile: string; podSubnet: string; nodeName: string }): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: { kubeconfig: options.kubeconfigFile, qps: 50, burst: 100 },
    hostnameOverride: options.nodeName,
    clusterCIDR: options.podSubnet,
    detectLocalMode: 'ClusterCIDR',
    healthzBindAddress: '0.0.0.0:10256',
    metricsBindAddress: '127.0.0.1:10249',
    // A change counts after a tenth of a second, instead of up to a second.
    iptables: { minSyncPeriod: '100ms', syncPeriod: '30s', localhostNodePorts: false },
    // These limits belong to the whole machine, and a namespace may not change them.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}

/** Returns the configuration of CoreDNS. It answers only for names of the cluster. */
export function corefile(kubeconfigFile: string): string {
  return `.:53 {
  errors
  health :8080
  ready :8181
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    kubeconfig ${kubeconfigFile} bed
    pods insecure
    ttl 5
  }
  cache 5
}
`;
}

/** Returns what the cluster's DNS needs: the right to read, and its Service, which leads to the node. */
export function dnsObjects(nodeAddress: string): object[] {
  const rbac = 'rbac.authorization.k8s.io';
  const metadata = { name: 'kube-dns', namespace: 'kube-system' };
  const ports = [
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53, protocol: 'TCP' },
  ];
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'system:coredns' },
      rules: [
        { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'system:coredns' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'system:coredns' },
      subjects: [{ apiGroup: rbac, kind: 'User', name: 'system:coredns' }],
    },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP: CLUSTER_DNS, ports } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': metadata.name } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [nodeAddress], conditions: { ready: true } }],
      ports,
    },
  ];
}
