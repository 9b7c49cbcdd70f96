import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createCertificateAuthority, type CertificateAuthority, type IssuedCertificate } from '@sallyport/bed';
import { describeWith, startGateway, startPractice, type Gateway, type PracticeAccess } from '../harness/index.ts';
import { runDirectory } from '../harness/the-bed.ts';

describeWith(['kubectl'], 'a policy that requires a client certificate', () => {
  let directory: string;
  let authority: CertificateAuthority;
  let practice: PracticeAccess;
  let gateway: Gateway;
  let token: string;
  const ask = async (certificate?: IssuedCertificate) => {
    const answer = await gateway.request('/clusters/dev/api/v1/namespaces/dev/pods', {
      token,
      ...(certificate ? { cert: certificate.certPem, key: certificate.keyPem } : {}),
    });
    return { status: answer.status, message: (answer.json() as { message?: string }).message ?? '' };
  };
  const issue = (from: CertificateAuthority, email: string) =>
    from.issue({ commonName: 'laptop', emails: [email], client: true });
  beforeAll(async () => {
    directory = mkdtempSync(path.join(runDirectory(), 'client-ca-'));
    authority = await createCertificateAuthority({ name: 'laptops' });
    const clientCaFile = path.join(directory, 'ca.crt');
    writeFileSync(clientCaFile, authority.caPem);
    practice = await startPractice();
    gateway = await startGateway({
      mode: 'embedded',
      clusters: [practice.access],
      clientCaFile,
      policy: [
        { allow: { and: [{ groups: 'developers' }, { client_certificate: { san_email: 'alice@example.com' } }] } },
        { deny: { and: [{ invalid_client_certificate: true }] } },
      ],
    });
    token = (await gateway.login('alice@example.com')).token;
  });
  afterAll(async () => {
    await gateway?.stop();
    await practice?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('allows a client with the right one', async () => {
    expect((await ask(await issue(authority, 'alice@example.com'))).status).toBe(200);
  });

  it('refuses a client with another, an untrusted one or none, but keeps the connection, so that the client sees why', async () => {
    expect(await ask(await issue(authority, 'bob@example.com'))).toMatchObject({
      status: 403,
      message: expect.stringContaining('client_certificate'),
    });
    expect(
      await ask(await issue(await createCertificateAuthority({ name: 'strangers' }), 'alice@example.com')),
    ).toMatchObject({ status: 403, message: expect.stringContaining('rule "cluster/dev[1].deny.and"') });
    expect(await ask()).toMatchObject({
      status: 403,
      message: expect.stringContaining('rule "cluster/dev[1].deny.and"'),
    });
  });
});
