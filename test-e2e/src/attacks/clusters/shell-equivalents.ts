import { describe, expect, it } from '@jest/globals';
import { expectAccepted, expectRefused, spdy, webSocket, type Attack } from '../fixtures/attack.ts';

const core = '/clusters/noshell/api/v1';
const pod = `${core}/namespaces/dev/pods/web`;
const written = ['Content-Type: application/json', 'Content-Length: 2'];

/** Everything that is equivalent to a shell. */
const shells: [string, Attack][] = [
  ...['exec?command=sh', 'attach', 'portforward?ports=80', '%65xec?command=sh', 'exec?command=sh&dryRun=All'].flatMap(
    (what): [string, Attack][] => [
      [`${what} over WebSocket`, { target: `${pod}/${what}`, lines: webSocket }],
      [`${what} over SPDY`, { method: 'POST', target: `${pod}/${what}`, lines: spdy }],
    ],
  ),
  ...['GET', 'PUT', 'PATCH'].map((method): [string, Attack] => [
    `${method} of ephemeralcontainers`,
    { method, target: `${pod}/ephemeralcontainers`, ...(method === 'GET' ? {} : { lines: written, body: '{}' }) },
  ]),
  [
    'ephemeralcontainers, as a dry run',
    { method: 'PATCH', target: `${pod}/ephemeralcontainers?dryRun=All`, lines: written, body: '{}' },
  ],
  ...['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'].flatMap((method): [string, Attack][] =>
    [
      'nodes/n/proxy/exec/dev/web/c?command=sh',
      'namespaces/dev/pods/web/proxy/',
      'namespaces/dev/pods/web:8080/proxy/x',
      'namespaces/dev/services/https:web:443/proxy/x',
    ].map((what): [string, Attack] => [
      `${method} of ${what}`,
      { method, target: `${core}/${what}`, lines: method === 'POST' || method === 'PUT' ? ['Content-Length: 0'] : [] },
    ]),
  ),
  ['a proxied WebSocket', { target: `${core}/nodes/n/proxy/cri/exec/token`, lines: webSocket }],
  ['the legacy path to a node', { target: `${core}/proxy/nodes/n/run/dev/web/c` }],
  ['the legacy path to a pod', { target: `${core}/proxy/namespaces/dev/pods/web` }],
  ['the legacy path to a service', { target: `${core}/proxy/namespaces/dev/services/web` }],
  [
    'a certificate',
    {
      method: 'POST',
      target: '/clusters/noshell/apis/certificates.k8s.io/v1/certificatesigningrequests',
      lines: written,
      body: '{}',
    },
  ],
  [
    'the approval of a certificate',
    {
      method: 'PUT',
      target: '/clusters/noshell/apis/certificates.k8s.io/v1/certificatesigningrequests/a/approval',
      lines: written,
      body: '{}',
    },
  ],
  [
    'a token of a ServiceAccount',
    { method: 'POST', target: `${core}/namespaces/dev/serviceaccounts/default/token`, lines: written, body: '{}' },
  ],
  [
    'a token of a ServiceAccount, as a dry run',
    {
      method: 'POST',
      target: `${core}/namespaces/dev/serviceaccounts/default/token?dryRun=All`,
      lines: written,
      body: '{}',
    },
  ],
];
/** What is not equivalent to a shell, although it looks similar. */
const others: [string, string, string][] = [
  ['GET', '/api/v1/namespaces/dev/pods/web', 'a pod'],
  ['GET', '/api/v1/namespaces/dev/pods/exec', 'a pod called exec'],
  ['GET', '/api/v1/namespaces/dev/pods/web/log', 'a log'],
  ['POST', '/api/v1/namespaces/dev/pods', 'creating a pod'],
  ['PUT', '/api/v1/namespaces/dev/pods/web/status', 'a status'],
  ['GET', '/apis/apps/v1/namespaces/dev/deployments/web/scale', 'a scale'],
  ['GET', '/api/v1/namespaces/dev/serviceaccounts/default', 'a ServiceAccount'],
  ['GET', '/apis/example.com/v1/namespaces/dev/pods/web/exec', "another group's"],
];

export function attackShellEquivalents(): void {
  describe('A09: what is equivalent to a shell, under a policy that denies k8s/shell_equivalent', () => {
    it.each(shells)('is refused: %s', async (_what, attack) => {
      const { event } = await expectRefused(attack, 403, /noshell\[1\]/);
      expect(event.data.sallyport.decision?.rule).toContain('cluster/noshell[1].deny');
      expect(event.data.sallyport.decision?.reasons).toContain('k8s-shell-equivalent-ok');
    });

    it.each(others)('is not: %s %s (%s)', async (method, target) => {
      await expectAccepted({
        method,
        target: `/clusters/noshell${target}`,
        lines: method === 'GET' ? [] : written,
        body: method === 'GET' ? '' : '{}',
      });
    });
  });
}
