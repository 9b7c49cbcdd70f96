import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { DemoState } from './run-demo.ts';
import { welcome } from './welcome.ts';

const state: DemoState = {
  ready: true,
  gatewayUrl: 'https://127.0.0.1:8443',
  caFile: '/demo/ca.crt',
  caFingerprint: 'sha256:1f2e',
  kubeconfig: '/demo/kubeconfig',
  issuer: 'http://127.0.0.1:1',
  people: [{ user: 'mallory@example.com', password: 'mallory', groups: [] }],
  cluster: { name: 'demo', url: 'https://127.0.0.1:8443/clusters/demo', kind: 'practice' },
  webApp: { url: 'http://localhost:8444' },
  recordings: { identityFile: '/demo/recordings-identity.txt' },
  adminKubeconfig: '/demo/admin',
  auditFile: '/demo/audit.ndjson',
  clusterAuditFile: '/demo/cluster-audit.ndjson',
  policyFile: '/demo/policy.yaml',
  home: '/demo/home',
  loginUrl: 'http://127.0.0.1:8444',
  pid: 1,
};

describe('the banner of the demo', () => {
  it('says where everything is: the gateway, the page for browsers, the files, the people and what to type', () => {
    const text = welcome(state, false);
    for (const said of [
      'Gateway   https://127.0.0.1:8443  (cluster: https://127.0.0.1:8443/clusters/demo)',
      'CA        sha256:1f2e',
      'Page      http://127.0.0.1:8444/  (for a browser',
      'Console   http://127.0.0.1:8444/console  (',
      'Web app   http://localhost:8444/',
      '/demo/audit.ndjson',
      '/demo/cluster-audit.ndjson',
      '/demo/policy.yaml',
      '/demo/recordings-identity.txt',
      'mallory@example.com    password mallory   (no groups)',
      'export KUBECONFIG=/demo/kubeconfig',
      'SALLYPORT_HOME=/demo/home',
      'kubectl exec -n prod web -- ls',
      'kubectl is not installed',
    ])
      expect(text).toContain(said);
  });

  it('names the tour, which exists', () => {
    const file = / from here: (.*)$/m.exec(welcome(state, true))?.[1];
    expect([file, existsSync(file!)]).toEqual([expect.stringContaining('docs/getting-started.md'), true]);
  });

  it('finds the kubectl that comes with a real cluster', () => {
    const text = welcome({ ...state, kubectl: '/bed/bin/kubectl' }, true);
    expect(text).toMatch(/ PATH=\/bed\/bin:\S+\/node_modules\/\.bin:\$PATH\n/);
  });

  it('suggests nothing that a cluster of your own does not have', () => {
    expect(welcome({ ...state, cluster: { ...state.cluster, kind: 'kubeconfig' } }, true)).not.toContain('prod');
  });
});
