import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway } from '../../testing/fake-gateway.ts';
import { recordedEvent } from '@sallyport/policy/testing';
import { allowGroup } from '../../testing/replay-policy.ts';
import { createRig, type Rig } from '../../testing/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());
const put = (name: string, text: string) => writeFileSync(path.join(rig.directory, name), text);

describe('a replay of the audit store', () => {
  it('reads the last events of requests page by page through the gateway, and tells whose they are', async () => {
    const gateway = await startFakeGateway();
    await rig.run('login', '--gateway', gateway.origin);
    gateway.audit.events = Array.from({ length: 2500 }, () => ({
      id: 'x',
      type: 'k8s.request',
      time: '',
      data: recordedEvent(),
    }));
    gateway.audit.scope = 'own';
    const queries: Record<string, string>[] = [];
    gateway.override = ({ path: where, query }) => {
      if (where.endsWith('/audit')) queries.push(Object.fromEntries(query));
      return undefined;
    };
    put('policy.yaml', allowGroup('sre'));
    const { code, out, err } = await rig.run(
      'policy',
      'replay',
      '--from-store',
      '--since',
      '2026-11-01',
      '--policy',
      'policy.yaml',
      '--cluster',
      'dev',
      '-o',
      'json',
    );
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('these are your own events') });
    expect(JSON.parse(out)).toMatchObject({ events: 2500, evaluated: 2500, lost: { requests: 2500 } });
    expect(
      queries.map(({ type, stage, order, limit, since, after }) => [type, stage, order, limit, since, after]),
    ).toEqual(
      [0, 1, 2].map((page) => [
        'k8s.request',
        'ResponseComplete',
        'oldest',
        '1000',
        '2026-11-01T00:00:00.000Z',
        page === 0 ? undefined : String(page * 1000),
      ]),
    );
    expect(queries.every(({ until }) => Math.abs(Date.parse(until!) - Date.now()) < 60_000)).toBe(true);
    await gateway.close();
  });

  it('requires a login', async () => {
    put('policy.yaml', allowGroup('sre'));
    expect(
      await rig.run(
        'policy',
        'replay',
        '--from-store',
        '--gateway',
        'https://gate.test',
        '--policy',
        'policy.yaml',
        '--cluster',
        'dev',
      ),
    ).toMatchObject({ code: 3 });
  });
});
