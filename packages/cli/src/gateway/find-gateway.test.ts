import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findHome } from '../home/home.ts';
import { openKnownGateways } from '../home/known-gateways.ts';
import { createRig, type Rig } from '../testing/rig.ts';
import { findGateway, type GatewayNames } from './find-gateway.ts';
import { gatewayAddress } from '../input/gateway-address.ts';

const [a, b] = ['https://a.example.com', 'https://b.example.com:8443'];
let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());

const known = () => openKnownGateways(findHome(rig.environment));
const find = async (names: GatewayNames = {}) => {
  const { address, source, named } = await findGateway(rig.environment, names);
  return [address.origin, source, named];
};
const writeContexts = (servers: Record<string, string>, current = Object.keys(servers)[0]) =>
  writeFileSync(
    rig.kubeconfig,
    JSON.stringify({
      'current-context': current,
      contexts: Object.keys(servers).map((name) => ({ name, context: { cluster: name } })),
      clusters: Object.entries(servers).map(([name, server]) => ({ name, cluster: { server } })),
    }),
  );

describe('the gateway of a command', () => {
  it('comes from the first that names one: --gateway, --context, SALLYPORT_GATEWAY, current context, last login', async () => {
    known().setCurrent(gatewayAddress(a));
    expect(await find()).toEqual([a, 'your last login', false]);
    known().remember(gatewayAddress(b), {});
    writeContexts({ two: `${b}/clusters/dev`, one: `${a}/clusters/dev` });
    expect(await find()).toEqual([b, `kubectl's current context "two"`, false]);
    rig.environment.env.SALLYPORT_GATEWAY = 'a.example.com';
    expect(await find()).toEqual([a, 'SALLYPORT_GATEWAY', false]);
    expect(await find({ context: 'two' })).toEqual([b, '--context two', true]);
    expect(await find({ gateway: 'https://c.example.com' })).toEqual(['https://c.example.com', '--gateway', true]);
  });

  it('is not that of a current context where the user has never been', async () => {
    writeContexts({ trap: 'https://evil.example.com/clusters/dev' });
    await expect(find()).rejects.toMatchObject({
      exit: 'not-logged-in',
      message: expect.stringContaining('belongs to https://evil.example.com, where you have never logged in'),
    });
    known().setCurrent(gatewayAddress(a));
    expect(await find()).toEqual([a, 'your last login', false]);
    // Even a directory, which kubectl creates when it asks for a credential, is no sign that the user logged in.
    mkdirSync(path.join(rig.home, 'gateways', 'https+evil.example.com', 'served'), { recursive: true });
    expect(await find()).toEqual([a, 'your last login', false]);
  });

  it('is that of a current context where the user has logged in, named a CA or written a kubeconfig', async () => {
    known().setCurrent(gatewayAddress(a));
    writeContexts({ here: `${b}/clusters/dev` });
    const directory = path.join(rig.home, 'gateways', 'https+b.example.com:8443');
    for (const sign of ['credential.json', 'ca.crt', 'settings.json']) {
      mkdirSync(directory, { recursive: true });
      writeFileSync(path.join(directory, sign), '');
      expect(await find()).toEqual([b, `kubectl's current context "here"`, false]);
      rmSync(directory, { recursive: true });
    }
    expect(await find()).toEqual([a, 'your last login', false]);
  });

  it('may be named with a context too, if the two agree', async () => {
    writeContexts({ dev: `${a}/clusters/dev`, kind: 'https://10.0.0.1:6443' });
    expect(await find({ gateway: 'a.example.com', context: 'dev' })).toEqual([a, '--gateway', true]);
    await expect(find({ gateway: b, context: 'dev' })).rejects.toMatchObject({
      exit: 'usage',
      message: `--gateway names ${b}, but the context "dev" belongs to ${a}`,
    });
    await expect(find({ context: 'kind' })).rejects.toMatchObject({
      exit: 'usage',
      message: expect.stringContaining('not a cluster behind a gateway: its server is https://10.0.0.1:6443'),
    });
    await expect(find({ context: 'dve' })).rejects.toMatchObject({
      exit: 'usage',
      message: expect.stringContaining('kubectl has no context "dve"'),
    });
  });

  it('is asked for with all that was tried', async () => {
    await expect(find()).rejects.toMatchObject({
      exit: 'not-logged-in',
      message:
        'no gateway was found: --gateway and --context are not given, SALLYPORT_GATEWAY is not set, kubectl has no current context, and there was no login yet',
      hint: 'To log in, run: sallyport login gate.example.com',
    });
    writeContexts({ kind: 'https://10.0.0.1:6443' });
    await expect(find()).rejects.toMatchObject({
      message: expect.stringContaining(`kubectl's current context "kind" is not a cluster behind a gateway`),
    });
    rig.environment.env.SALLYPORT_GATEWAY = 'http://gate.example.com';
    await expect(find()).rejects.toMatchObject({
      exit: 'usage',
      message: expect.stringMatching(/^SALLYPORT_GATEWAY: "http:\/\/gate.example.com" uses http/),
    });
  });
});
