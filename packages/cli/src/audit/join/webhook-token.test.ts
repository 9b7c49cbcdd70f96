import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { createRig, type Rig } from '../../testing/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());

type Made = {
  clusters: [{ cluster: Record<string, string> }];
  users: [{ user: { token: string } }];
  contexts: [{ name: string }];
  'current-context': string;
};
const make = (...args: string[]) => rig.run('audit', 'webhook-token', 'prod', '--gateway', 'gate.example.com', ...args);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('sallyport audit webhook-token', () => {
  it('prints a kubeconfig for the API server, and the hash of its token for the gateway', async () => {
    const { code, out, err } = await make();
    expect(code).toBe(0);
    const { clusters, users, contexts, ...rest } = parse(out) as Made;
    expect(clusters[0].cluster).toEqual({ server: 'https://gate.example.com/.sallyport/audit/prod' });
    expect(contexts[0].name).toBe(rest['current-context']);
    const { token } = users[0].user;
    expect(token).toMatch(/^spa_[A-Za-z0-9_-]{43}$/);
    expect(err).toContain(`tokenSha256: ${sha256(token)}`);
    expect(err).not.toContain(token);
  });

  it('makes another token each time', async () => {
    const tokens = [(await make()).out, (await make()).out].map((out) => (parse(out) as Made).users[0].user.token);
    expect(new Set(tokens).size).toBe(2);
  });

  it('includes the CA of the gateway', async () => {
    const file = path.join(rig.directory, 'ca.pem');
    writeFileSync(file, rootCertificates[0]!);
    const { out } = await make('--ca-file', file, '-o', 'json');
    const { tokenSha256, kubeconfig } = JSON.parse(out) as { tokenSha256: string; kubeconfig: Made };
    const data = kubeconfig.clusters[0].cluster['certificate-authority-data']!;
    expect(Buffer.from(data, 'base64').toString()).toContain(rootCertificates[0]);
    expect(sha256(kubeconfig.users[0].user.token)).toBe(tokenSha256);
  });

  it('refuses what is not the name of a cluster', async () => {
    const { code, out, err } = await rig.run('audit', 'webhook-token', '../prod', '--gateway', 'gate.example.com');
    expect([code === 0, out]).toEqual([false, '']);
    expect(err).toContain('is not the name of a cluster');
  });
});
