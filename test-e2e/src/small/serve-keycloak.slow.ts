import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startBed } from '@sallyport/bed';
import { Closers } from '../harness/closers.ts';
import { createPlainBrowser, describeWith, startPractice } from '../harness/index.ts';
import { fillInForms } from '../identity/fill-in-forms.ts';
import { keycloakRealm } from '../identity/keycloak-realm.ts';
import { createServeRig, type ServeRig } from './serve-rig.ts';

describeWith(['kubectl'], 'a small gateway with Keycloak', () => {
  const closers = new Closers();
  let rig: ServeRig;
  let issuer: string;
  beforeAll(async () => {
    const bed = await startBed({ need: ['keycloak'], onProgress: (line) => process.stderr.write(`bed: ${line}\n`) });
    closers.add(() => bed.stop());
    expect(bed.missing).toEqual([]);
    const realm = keycloakRealm(bed.keycloak!);
    issuer = realm.settings['issuer'] as string;
    const practice = await startPractice();
    closers.add(() => practice.stop());
    rig = await createServeRig({
      identity: { providers: [{ id: realm.id, allowInsecureIssuer: true, ...realm.settings }] },
      clusters: [{ name: 'dev', ...practice.access, policy: [{ allow: { or: [{ groups: 'developers' }] } }] }],
    });
    closers.add(() => rig.stop());
    await realm.admit(rig.url);
  }, 900_000);
  afterAll(() => closers.run());

  it('leads from an empty directory and an empty home to kubectl', async () => {
    const begun = performance.now();
    const say = (what: string) =>
      process.stderr.write(`${((performance.now() - begun) / 1000).toFixed(1).padStart(5)} s  ${what}\n`);
    say('sallyport serve --config sallyport.yaml');
    const gateway = await rig.start();
    say('the gateway is ready');
    const fingerprint = /"caFingerprint":"(sha256:[0-9a-f]{64})"/.exec(gateway.stdout())![1]!;
    const login = rig.startCli('login', rig.url, '--no-browser', '--ca-fingerprint', fingerprint);
    const [page] = await login.says(/https?:\/\/\S+\/\.sallyport\/login\?\S+/);
    const browser = createPlainBrowser({ ca: rig.caPem() });
    await fillInForms(browser, page, { user: 'alice@example.com', password: 'alice' }, new URL(issuer).origin);
    expect(await login.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('Logged in') });
    say('alice has logged in at Keycloak');
    expect(await rig.cli('kubeconfig', '--merge')).toMatchObject({ code: 0 });
    const pods = await rig.kubectl('get', 'pods', '-n', 'dev');
    expect(pods).toMatchObject({ code: 0, stdout: expect.stringContaining('Running') });
    say(`kubectl get pods -n dev\n${pods.stdout}`);
  });
});
