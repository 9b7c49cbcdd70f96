import { describe, expect, it } from '@jest/globals';
import { cniBridge, cniLinks } from './cni-network.ts';
import { containerdConfig } from './containerd-config.ts';
import { kubeletArguments, kubeletConfig } from './kubelet-config.ts';
import { nodeNames } from './node-names.ts';

const names = nodeNames({ id: 'abcdef', directory: '/tmp/runs/abcdef' });
const serving = { certFile: '/k.crt', keyFile: '/k.key' };

describe('the configuration of a node', () => {
  const toml = containerdConfig({
    names,
    runc: '/usr/sbin/runc',
    cniPlugins: '/usr/lib/cni',
    cniConfig: '/tmp/runs/abcdef/cni',
    sandboxImage: 'sallyport.test/busybox:1',
    snapshotter: 'native',
  });
  const kubelet = kubeletConfig({ names, address: '10.200.1.1', port: 20_000, caFile: '/ca.crt', serving });

  it('keeps all writable paths of containerd below the directory of the run', () => {
    const written = [...toml.matchAll(/^\s*(?:root|state|address|path|Root) = "([^"]+)"/gm)].map((match) => match[1]!);
    expect(written).toHaveLength(5);
    for (const file of written) expect(file.startsWith('/tmp/runs/abcdef/')).toBe(true);
  });

  it('uses the same socket and cgroup driver for containerd and the kubelet', () => {
    expect(toml).toContain('address = "/tmp/runs/abcdef/containerd/c.sock"');
    expect(toml).toContain('SystemdCgroup = false');
    expect(kubelet).toMatchObject({
      containerRuntimeEndpoint: 'unix:///tmp/runs/abcdef/containerd/c.sock',
      cgroupDriver: 'cgroupfs',
      cgroupRoot: '/sallyport-abcdef',
    });
  });

  it('requires a certificate of the cluster for the kubelet', () => {
    expect(kubelet).toMatchObject({
      readOnlyPort: 0,
      authentication: { anonymous: { enabled: false }, x509: { clientCAFile: '/ca.crt' } },
    });
    expect(kubeletArguments({ names, configFile: '/c', kubeconfigFile: '/k', address: '10.200.1.1' })).toContain(
      '--node-ip=10.200.1.1',
    );
  });

  it('gives each pod a link to a node with Services, in the half of the network that the machine routes to it', () => {
    const {
      plugins: [link],
    } = JSON.parse(cniLinks({ names, network: '10.200.1' })('/d')) as {
      plugins: [{ type: string; ipam: { ranges: [[{ subnet: string; gateway: string }]]; routes: object[] } }];
    };
    expect(link.type).toBe('ptp');
    expect(link.ipam.ranges[0][0]).toEqual({ subnet: '10.200.1.128/25', gateway: '10.200.1.129' });
    expect(link.ipam.routes).toEqual([{ dst: '0.0.0.0/0' }]);
  });

  it("shows pods the cluster's DNS and changed ConfigMaps only where they find Services", () => {
    const files = { names, address: '10.200.1.2', port: 20_000, caFile: '/ca.crt', serving };
    expect(kubeletConfig(files)).not.toHaveProperty('clusterDNS');
    expect(kubeletConfig({ ...files, clusterDns: '10.96.0.10' })).toMatchObject({
      clusterDNS: ['10.96.0.10'],
      resolvConf: '',
      configMapAndSecretChangeDetectionStrategy: 'Watch',
    });
  });

  it("puts pods on the bridge of the run, with addresses that are not the node's", () => {
    const {
      name,
      plugins: [bridge],
    } = JSON.parse(cniBridge({ names, network: '10.200.1' })('/d')) as {
      name: string;
      plugins: [{ bridge: string; ipam: { ranges: [[{ gateway: string; rangeStart: string }]] } }];
    };
    expect(name).toBe('sallyport-abcdef');
    expect(bridge.bridge).toBe(names.bridge);
    expect(bridge.ipam.ranges[0][0]).toMatchObject({ gateway: '10.200.1.1', rangeStart: '10.200.1.10' });
  });
});
