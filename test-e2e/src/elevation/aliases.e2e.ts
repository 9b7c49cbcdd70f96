import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, startGateway, startPractice, type Gateway, type Person } from '../harness/index.ts';
import { createScimClient, makeScimToken } from '../identity/scim-client.ts';
import { prodAdmin } from './prod-admin.ts';

describeWith(['redis', 'kafka', 'postgres'], 'an approver whom the directory knows as the requester', () => {
  const { token, entry } = makeScimToken('okta');
  let practice: Awaited<ReturnType<typeof startPractice>>;
  let gateway: Gateway;
  let [alice, bob]: Person[] = [];
  let scim: ReturnType<typeof createScimClient>;
  beforeAll(async () => {
    practice = await startPractice();
    gateway = await startGateway({
      mode: 'processes',
      clusters: [practice.access],
      provider: { groupSources: ['claims', 'scim'] },
      sources: [{ kind: 'scim', tokens: [entry] }],
      more: {
        elevations: [prodAdmin],
      },
    });
    scim = createScimClient(gateway, token);
    [alice, bob] = [await gateway.person('alice@example.com'), await gateway.person('bob@example.com')];
  });
  afterAll(async () => {
    await gateway?.stop();
    await practice?.stop();
  });

  it('is refused until the directory says otherwise, and acting as another is no way around it', async () => {
    const asked = ['elevate', 'prod-admin', '--cluster', 'dev', '--for', '10m', '--reason', 'the shop is down'];
    const { code, stdout, stderr } = await alice!.cli([...asked, '--no-wait', '-o', 'json']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { id } = JSON.parse(stdout) as { id: string };

    // Pushed after the request: one person with two addresses.
    const emails = ['alice', 'bob'].map((name) => ({ value: `${name}@example.com`, type: 'work' }));
    const person = await scim.user('alice@example.com', { externalId: '00uA', emails });
    const refused = await bob!.cli(['elevations', 'approve', id]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('You cannot approve your own request, whichever account you use.');

    const { token: own } = await gateway.login('alice@example.com');
    const asAnother = await gateway.request(`/.sallyport/api/v1/elevations/${id}/approve`, {
      token: own,
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json', 'impersonate-user': 'carol@example.com' },
    });
    expect(asAnother.status).toBe(403);

    await scim.patch(`/Users/${person}`, { op: 'replace', path: 'emails', value: [emails[0]] });
    const approved = await bob!.cli(['elevations', 'approve', id]);
    expect(approved.stdout).toMatch(/^prod-admin of alice@example.com on dev is active until /);
  });
});
