import { expect, it } from '@jest/globals';
import { welcome } from './welcome.ts';

it('says where everything is: the gateway, the page for browsers, the files, the people and what to type', () => {
  const text = welcome(
    {
      ready: true,
      gatewayUrl: 'https://127.0.0.1:8443',
      caFile: '/demo/ca.crt',
      kubeconfig: '/demo/kubeconfig',
      issuer: 'http://127.0.0.1:1',
      people: [{ user: 'mallory@example.com', password: 'mallory', groups: [] }],
      cluster: { name: 'demo', url: 'https://127.0.0.1:8443/clusters/demo', kind: 'practice' },
      webApp: { url: 'http://localhost:8444' },
      adminKubeconfig: '/demo/admin',
      auditFile: '/demo/audit.ndjson',
      policyFile: '/demo/policy.yaml',
      home: '/demo/home',
      loginUrl: 'http://127.0.0.1:8444',
      pid: 1,
    },
    undefined,
  );
  for (const said of [
    'Gateway   https://127.0.0.1:8443  (cluster: https://127.0.0.1:8443/clusters/demo)',
    'Page      http://127.0.0.1:8444/  (for a browser',
    'Web app   http://localhost:8444/',
    '/demo/audit.ndjson',
    '/demo/policy.yaml',
    'mallory@example.com    password mallory   (no groups)',
    'export KUBECONFIG=/demo/kubeconfig',
    'export SALLYPORT_HOME=/demo/home',
    'kubectl is not installed',
  ])
    expect(text).toContain(said);
});
