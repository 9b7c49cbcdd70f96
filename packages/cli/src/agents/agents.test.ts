import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';

const token = `spt_${'a'.repeat(43)}`;
const id = '5f0c6a1e-5d0a-4f0e-9a50-2f7f0b0f6f11';
const scope = {
  clusters: ['dev'],
  verbs: ['get', 'list', 'watch'],
  namespaces: ['shop'],
  secrets: false,
  shell: false,
};
const agent = { id, name: 'bot', user: 'alice@example.com', scope, createdAt: 0, loginId: 'l' };
const expiresAt = () => Date.now() + 3_600_000;
let gateway: FakeGateway;
let rig: Rig;
let asked: unknown;
beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig();
  gateway.override = ({ path: at, method, body }) => {
    if (at === '/.sallyport/api/v1/agents' && method === 'POST') {
      asked = JSON.parse(body);
      return { status: 201, body: { token, agent: { ...agent, expiresAt: expiresAt() } } };
    }
    if (at === '/.sallyport/api/v1/agents')
      return { status: 200, body: { agents: [{ ...agent, expiresAt: expiresAt() }], maySeeAll: false } };
    return at.startsWith('/.sallyport/api/v1/agents/') ? { status: 204 } : undefined;
  };
  await rig.run('login', '--gateway', gateway.origin);
  gateway.calls.length = 0;
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});
const create = (...more: string[]) =>
  rig.run('agent', 'create', 'bot', '--cluster', 'dev', '--namespace', 'shop', '--for', '1h', ...more);
const modeOf = (file: string) => statSync(file).mode & 0o777;

describe('sallyport agent create', () => {
  it('shows the token alone on standard output, and says what it may do', async () => {
    const { code, out, err } = await create('--read');
    expect([code, out]).toEqual([0, `${token}\n`]);
    expect(err).toMatch(
      /Agent bot may get,list,watch in shop on dev, as far as you may, until .* or until you log out/,
    );
    expect(err).toContain('only this once');
    expect(asked).toEqual({ name: 'bot', scope, lifetimeMs: 3_600_000 });
  });

  it('writes the token or a kubeconfig to a new file of mode 0600, and shows it nowhere', async () => {
    const [file, kubeconfig] = [path.join(rig.home, 'token'), path.join(rig.home, 'bot.yaml')];
    const { code, out, err } = await create('--read', '--out', file, '--kubeconfig', kubeconfig);
    expect([code, out]).toEqual([0, `Wrote ${file}.\nWrote ${kubeconfig}.\n`]);
    expect(out + err).not.toContain(token);
    expect([modeOf(file), modeOf(kubeconfig), readFileSync(file, 'utf8')]).toEqual([0o600, 0o600, `${token}\n`]);
    expect(parse(readFileSync(kubeconfig, 'utf8'))).toMatchObject({
      clusters: [{ name: 'dev', cluster: { server: `${gateway.origin}/clusters/dev` } }],
      users: [{ name: 'bot', user: { token } }],
      contexts: [{ name: 'dev', context: { cluster: 'dev', user: 'bot', namespace: 'shop' } }],
      'current-context': 'dev',
    });
    gateway.calls.length = 0;
    expect(await create('--read', '--out', file)).toMatchObject({
      code: 7,
      err: expect.stringContaining('exists already'),
    });
    expect(gateway.calls).toEqual([]);
  });

  it('answers in JSON, and says when the login ends before', async () => {
    const { code, out, err } = await create('--read', '--for', '10h', '-o', 'json');
    expect([code, JSON.parse(out)]).toEqual([0, { token, agent: expect.objectContaining({ name: 'bot', scope }) }]);
    expect(err).toContain('less than you asked for');
  });

  it.each([
    [['agent', 'create', 'bot', '--cluster', 'dev', '--for', '1h'], 'it is not said what the agent may do'],
    [['agent', 'create', 'bot', '--read', '--for', '1h'], '--cluster is missing'],
    [['agent', 'create', 'bot', '--read', '--cluster', 'dev'], '--for is missing'],
    [['agent', 'create', 'Bot', '--read', '--cluster', 'dev', '--for', '1h'], 'cannot be the name'],
    [['agent', 'create', 'bot', '--read', '--cluster', 'D v', '--for', '1h'], '--cluster: "D v"'],
    [['agent', 'create', 'bot', '--verb', 'GET', '--cluster', 'dev', '--for', '1h'], '--verb: "GET"'],
    [['agent', 'create', 'bot', '--read', '--cluster', 'dev', '--for', 'soon'], '--for: "soon"'],
    [['agent', 'revoke'], 'agent'],
  ])('refuses %j', async (args, says) => {
    expect(await rig.run(...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(says) });
    expect(gateway.calls).toEqual([]);
  });
});

describe('sallyport agent list and revoke', () => {
  it('list what there is, and end it by name or by id', async () => {
    expect((await rig.run('agent', 'list')).out).toMatch(/^NAME +AGENT.*\nbot +5f0c/);
    expect((await rig.run('agent', 'list', '-o', 'name')).out).toBe(`${id}\n`);
    for (const named of ['bot', id, id.slice(0, 8)])
      expect((await rig.run('agent', 'revoke', named)).out).toBe(`Revoked agent ${id}.\n`);
    expect(await rig.run('agent', 'revoke', 'none')).toMatchObject({ code: 5 });
  });
});
