import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ConnectorRow } from '@sallyport/contracts/answers';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';

let gateway: FakeGateway;
let rig: Rig;
beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig();
  await rig.run('login', '--gateway', gateway.origin);
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});

const since = Date.UTC(2026, 10, 1);
const carrier = { replica: 'proxy/1', id: 'c1', since, version: '1.2.3', roundTripMs: 12, streams: 3 };
const connected = (): ConnectorRow => ({
  name: 'factory',
  connected: true,
  since,
  carriers: [{ ...carrier, seen: rig.environment.now() - 2000 }],
  ended: [],
});

/** A gateway whose cluster `dev` is behind a connector. */
function behind(row: ConnectorRow, mayUserSee = true): void {
  const url = `${gateway.origin}/clusters/dev`;
  const { connected: isConnected, since: at } = row;
  gateway.override = ({ path }) => {
    if (path.endsWith('/clusters'))
      return {
        status: 200,
        body: { clusters: [{ name: 'dev', url, connector: { connected: isConnected, since: at } }] },
      };
    if (!path.endsWith('/connectors')) return undefined;
    return mayUserSee ? { status: 200, body: { connectors: [row] } } : { status: 403, body: { detail: 'no right' } };
  };
}

describe('a cluster behind a connector', () => {
  it('is listed with the state of its connector, and clusters without one as before', async () => {
    expect((await rig.run('clusters')).out).not.toContain('CONNECTOR');
    behind({ ...connected(), connected: false, carriers: [] });
    const { out } = await rig.run('clusters');
    expect(out).toMatch(/NAME +URL +HOST +CONNECTOR\n/);
    expect(out).toContain('not connected since 2026-11-01T00:00:00Z');
    expect(JSON.parse((await rig.run('clusters', '-o', 'json')).out)).toMatchObject({
      clusters: [{ connector: { connected: false, since: '2026-11-01T00:00:00.000Z' } }],
    });
  });

  it('has its connector in the status of a user who may see it, and asks for none otherwise', async () => {
    behind(connected());
    expect((await rig.run('status')).out).toMatch(
      /^Connector: +factory: connected since 2026-11-01T00:00:00Z, version 1\.2\.3, 1 connection, round trip 12ms, last heard of \S+ ago$/m,
    );
    behind(connected(), false);
    const { out, err } = await rig.run('status');
    expect(out).not.toContain('Connector');
    expect(err).toBe('');
    gateway.override = () => undefined;
    gateway.calls.length = 0;
    await rig.run('status');
    expect(gateway.calls.filter((call) => call.endsWith('/connectors'))).toEqual([]);
  });
});
