import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { authority, certificate, key, otherAuthority } from '../testing/certificates.ts';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';

let gateway: FakeGateway;
let rig: Rig;
beforeEach(async () => {
  gateway = await startFakeGateway({ key, cert: certificate });
  rig = createRig();
  // The browser of these tests would not trust the gateway either, so it is only opened.
  rig.environment.launch = () => Promise.resolve(false);
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});

const file = (text: string) => {
  const name = path.join(rig.directory, 'ca.pem');
  writeFileSync(name, text);
  return name;
};
const login = (...args: string[]) =>
  rig.run('login', '--gateway', gateway.origin, '--no-browser', '--timeout', '1', ...args);
/** The login got past TLS, and waits in vain for the user. */
const trusted = { code: 6, err: expect.stringContaining('the login was not finished') };
const notTrusted = { code: 4, err: expect.stringMatching(/this machine does not trust\n.*--ca-file FILE/) };

describe("the issuer of a gateway's certificate", () => {
  it('must be trusted by this machine, or nothing is sent', async () => {
    expect(await login()).toMatchObject(notTrusted);
    expect(gateway.calls).toEqual([]);
  });

  it('may be the CA of --ca-file, which is remembered', async () => {
    expect(await login('--ca-file', file(authority))).toMatchObject(trusted);
    expect(await login()).toMatchObject(trusted);
  });

  it('may be only the named CA, if there is one', async () => {
    writeFileSync(
      rig.kubeconfig,
      `clusters: [{name: x, cluster: {server: '${gateway.origin}/clusters/dev', certificate-authority-data: ${Buffer.from(authority).toString('base64')}}}]`,
    );
    expect(await login('--ca-file', file(otherAuthority))).toMatchObject(notTrusted);
  });

  it.each(['certificate-authority-data', 'certificate-authority'])(
    'is what the kubeconfig names for it with %s',
    async (field) => {
      const value =
        field === 'certificate-authority' ? path.basename(file(authority)) : Buffer.from(authority).toString('base64');
      writeFileSync(
        rig.kubeconfig,
        `clusters:\n- {name: other, cluster: {server: 'https://x', ${field}: nonsense}}\n- {name: x, cluster: {server: '${gateway.origin}/clusters/dev', ${field}: ${value}}}\n`,
      );
      expect(await login()).toMatchObject(trusted);
    },
  );

  it('is not the CA that the kubeconfig names for another gateway', async () => {
    writeFileSync(
      rig.kubeconfig,
      `clusters: [{name: x, cluster: {server: 'https://localhost:1/clusters/dev', certificate-authority-data: ${Buffer.from(authority).toString('base64')}}}]`,
    );
    expect(await login()).toMatchObject(notTrusted);
  });

  it.each([
    ['nothing', ''],
    ['a key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'],
    ['nonsense', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
  ])('cannot be read from a file with %s', async (_what, text) => {
    expect(await login('--ca-file', file(text))).toMatchObject({
      code: 7,
      err: expect.stringContaining('contains no readable certificate'),
    });
  });

  it('must certify the right name', async () => {
    const byAddress = gateway.origin.replace('localhost', '127.0.0.1');
    expect(await rig.run('login', '--gateway', byAddress, '--ca-file', file(authority))).toMatchObject({
      code: 4,
      err: expect.stringContaining('its certificate is for another name'),
    });
  });
});
