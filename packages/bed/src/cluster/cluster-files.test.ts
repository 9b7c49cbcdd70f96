import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { apiServerArguments, auditPolicy } from './api-server-arguments.ts';
import { createClusterKeys } from './cluster-keys.ts';
import { kubeconfig } from './kubeconfig.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'bed-keys-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('the files of a cluster', () => {
  it('are readable only by their owner', async () => {
    const keys = await createClusterKeys(directory);
    const pair = await keys.pair('kubelet', { commonName: 'system:node:bed-node', organizations: ['system:nodes'] });
    for (const file of [
      pair.keyFile,
      keys.caKeyFile,
      keys.serviceAccountKeyFile,
      await keys.kubeconfigFile('a', { commonName: 'a' }, 'https://127.0.0.1:1'),
    ]) {
      expect(statSync(file).mode & 0o077).toBe(0);
    }
    expect(new X509Certificate(readFileSync(pair.certFile)).checkIssued(new X509Certificate(keys.caPem))).toBe(true);
  });

  it('make the API server record every request at Metadata level and never rotate the log', () => {
    const pair = { certFile: '/c', keyFile: '/k' };
    const args = apiServerArguments({
      etcdUrl: 'http://127.0.0.1:1',
      port: 2,
      keys: { caFile: '/ca', serviceAccountKeyFile: '/s', serviceAccountPublicKeyFile: '/p' },
      serving: pair,
      kubeletClient: pair,
      auditPolicyFile: '/policy',
      auditLogFile: '/audit.log',
    });
    expect(args).toEqual(
      expect.arrayContaining([
        '--audit-log-path=/audit.log',
        '--authorization-mode=Node,RBAC',
        '--bind-address=127.0.0.1',
      ]),
    );
    expect(auditPolicy).toMatchObject({ omitStages: ['ResponseStarted'], rules: [{ level: 'Metadata' }] });
  });

  it('make a self-contained kubeconfig with a token or a certificate', () => {
    const withToken = JSON.parse(
      kubeconfig({ server: 'https://x', caPem: 'CA', user: { token: 't' }, namespace: 'dev' }),
    ) as Record<string, never>;
    expect(withToken).toMatchObject({
      users: [{ user: { token: 't' } }],
      contexts: [{ context: { namespace: 'dev' } }],
      'current-context': 'bed',
    });
    const withCertificate = kubeconfig({ server: 'https://x', caPem: 'CA', user: { certPem: 'C', keyPem: 'K' } });
    expect(withCertificate).toContain(`"client-key-data": "${Buffer.from('K').toString('base64')}"`);
  });
});
