import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
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
const answerWith = (status: number, body: unknown) => {
  gateway.override = () => ({ status, body });
};

describe('sallyport whoami', () => {
  it('shows how the gateway identifies you', async () => {
    const { out } = await rig.run('whoami');
    expect(out).toContain(
      'User:     alice@example.com\nName:     Alice\nEmail:    alice@example.com\nGroups:   developers\n',
    );
    expect(JSON.parse((await rig.run('whoami', '-o', 'json')).out)).toMatchObject({
      user: 'alice@example.com',
      groups: ['developers'],
      gateway: gateway.origin,
    });
  });

  it('escapes control characters in names', async () => {
    answerWith(200, { user: 'eve\u001b]0;x\u0007', groups: ['a\nUser: root'], session: { id: 's', expiresAt: 1 } });
    expect((await rig.run('whoami')).out).toContain('User:     eve\\x1b]0;x\\x07\nGroups:   a\\x0aUser: root\n');
  });

  it('deletes a credential that the gateway no longer accepts', async () => {
    gateway.revokeAll();
    expect(await rig.run('whoami')).toMatchObject({
      code: 3,
      out: '',
      err: expect.stringContaining('your session has ended'),
    });
    gateway.calls.length = 0;
    expect((await rig.run('whoami')).code).toBe(3);
    expect(gateway.calls).toEqual([]);
  });
});

describe('an answer from the gateway', () => {
  it.each([
    [403, { title: 'no', detail: 'not yours \u001b[2J' }, 5, 'does not allow this: not yours \\x1b[2J'],
    [404, {}, 5, 'not found'],
    [400, { detail: 'bad' }, 2, 'bad'],
    [429, {}, 4, 'too many requests'],
    [503, { detail: 'no sessions' }, 4, 'not ready (503): no sessions'],
    [302, '', 4, 'answered 302'],
    [200, '<html>', 4, 'has an unexpected format'],
    [200, { clusters: 'x' }, 4, 'has an unexpected format (at clusters)'],
    [200, '', 4, 'has an unexpected format'],
  ])('with status %i and body %j leads to exit code %i and a message', async (status, body, code, words) => {
    answerWith(status, body);
    expect(await rig.run('clusters')).toMatchObject({ code, out: '', err: expect.stringContaining(words) });
  });

  it('is not awaited forever', async () => {
    gateway.override = () => ({ status: 200, body: `"${'x'.repeat(33 * 1024 * 1024)}"` });
    expect(await rig.run('clusters')).toMatchObject({
      code: 4,
      err: expect.stringContaining('its answer is too large'),
    });
  });

  it('is not followed with the credential if it redirects', async () => {
    const other = await startFakeGateway();
    gateway.override = () => ({ status: 302, headers: { location: `${other.origin}/.sallyport/me` } });
    expect((await rig.run('whoami')).code).toBe(4);
    expect(other.calls).toEqual([]);
    await other.close();
  });
});

describe('sallyport clusters', () => {
  it('lists the clusters', async () => {
    expect((await rig.run('clusters')).out).toBe(
      `NAME  URL                                   HOST\ndev   ${gateway.origin}/clusters/dev\nprod  ${gateway.origin}/clusters/prod\n`.replace(
        '                                   HOST',
        `${' '.repeat(`${gateway.origin}/clusters/prod`.length - 3)}  HOST`,
      ),
    );
    expect(JSON.parse((await rig.run('clusters', '-o', 'json')).out)).toMatchObject({
      clusters: [{ name: 'dev' }, { name: 'prod' }],
    });
  });

  it('shows with `-o wide` in which protocol the gateway watches each, if it has done so', async () => {
    const cluster = (name: string, watches?: string) => ({ name, url: `${gateway.origin}/clusters/${name}`, watches });
    gateway.override = () => ({ status: 200, body: { clusters: [cluster('dev', 'HTTP/2'), cluster('prod')] } });
    const { out } = await rig.run('clusters', '-o', 'wide');
    expect(out.split('\n').map((line) => line.split(/ +/).at(-1))).toEqual(['WATCHES', 'HTTP/2', '-', '']);
  });
});

describe('sallyport sessions', () => {
  it('lists your sessions, marks the current one, and escapes user agents', async () => {
    const { out } = await rig.run('sessions', 'list');
    const [session] = gateway.sessions.values();
    expect(out).toContain(`${session!.id} *  alice@example.com`);
    expect(out).toContain('x\\x1b[2J');
  });

  it('asks for the sessions of all users with --all', async () => {
    let asked = '';
    gateway.override = ({ query }) => {
      asked = query.toString();
      return undefined;
    };
    await rig.run('sessions', 'list', '--all', '-o', 'json');
    expect(asked).toBe('all=true');
  });

  it('revokes by id, one after the other, and stops at the first that does not exist', async () => {
    const [session] = gateway.sessions.values();
    expect(await rig.run('sessions', 'revoke', session!.id)).toMatchObject({
      code: 0,
      out: `Revoked ${session!.id}.\n`,
    });
    await rig.run('login', '--gateway', gateway.origin);
    expect(await rig.run('sessions', 'revoke', 'nope')).toMatchObject({
      code: 5,
      err: expect.stringContaining('there is no such session that you can see'),
    });
    expect(await rig.run('sessions', 'revoke', '../audit')).toMatchObject({ code: 2 });
  });

  it('revokes by the beginning of an id, and nothing if one of them is not unique', async () => {
    const other = createRig();
    await other.run('login', '--gateway', gateway.origin);
    other.remove();
    const [first, second] = [...gateway.sessions.values()];
    [first!.id, second!.id] = ['5f0c6a1e-1', '5f0c6a1e-2'];
    expect(await rig.run('sessions', 'revoke', '5f0c6a1e-2', '5f0c6a1e')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/5f0c6a1e-1 \(alice@example\.com.*5f0c6a1e-2 \(alice@example\.com/),
    });
    expect(gateway.sessions.size).toBe(2);
    expect(await rig.run('sessions', 'revoke', '5f0c6a1e-2')).toMatchObject({ code: 0, out: 'Revoked 5f0c6a1e-2.\n' });
    expect([...gateway.sessions.values()]).toEqual([first]);
  });

  it('looks for the beginning of an id among the sessions of all users, if the gateway shows them', async () => {
    gateway.override = ({ method, path, query }) => {
      if (method !== 'GET' || !path.endsWith('/sessions')) return undefined;
      const ids = query.get('all') === 'true' ? ['abcd-1', 'abcd-2'] : ['abcd-1'];
      return { status: 200, body: { sessions: ids.map((id) => ({ id, user: 'bob' })), maySeeAll: true } };
    };
    expect(await rig.run('sessions', 'revoke', 'abcd')).toMatchObject({
      code: 2,
      err: expect.stringContaining('2 ids'),
    });
    expect(gateway.calls.filter((call) => call.startsWith('DELETE'))).toEqual([]);
  });

  it('lists times as RFC 3339, and ids for other commands', async () => {
    const [session] = gateway.sessions.values();
    expect(JSON.parse((await rig.run('sessions', 'list', '-o', 'json')).out)).toMatchObject({
      sessions: [{ createdAt: '1970-01-01T00:00:00.000Z', expiresAt: new Date(session!.expiresAt).toISOString() }],
    });
    expect((await rig.run('sessions', 'list', '-o', 'yaml')).out).toMatch(/"?createdAt"?: "?1970-01-01T00:00:00\.000Z/);
    expect((await rig.run('sessions', 'list', '-o', 'name')).out).toBe(`${session!.id}\n`);
    expect((await rig.run('sessions', 'list', '--no-headers')).out).toMatch(new RegExp(`^${session!.id} \\*`));
    session!.expiresAt = Date.now() + 120_500;
    expect((await rig.run('sessions', 'list')).out).toContain('Z (in 2m)');
  });

  it('ends streams by id or its beginning, and stops at the first that does not exist', async () => {
    const asked: string[] = [];
    const id = (last: number) => `0b7c1c0e-5d0a-4f0e-9a50-2f7f0b0f6f1${last}`;
    const stream = {
      kind: 'exec',
      proxy: 'p',
      cluster: 'dev',
      verb: 'create',
      user: 'bob',
      sessionId: 's',
      clientAddress: '::1',
      auditId: 'a',
      namespace: 'n',
      resource: 'pods',
      name: 'web',
      subresource: 'exec',
      path: '/',
      since: 1,
      bytesIn: 0,
      bytesOut: 0,
    };
    gateway.override = ({ method, path, query }) => {
      if (path.endsWith('/sessions')) return { status: 200, body: { sessions: [], maySeeAll: true } };
      if (method === 'GET') {
        const streams = query.get('all') === 'true' ? [1, 2].map((last) => ({ ...stream, id: id(last) })) : [];
        return { status: 200, body: { streams, missing: [], omitted: 0 } };
      }
      asked.push(`${method} ${path}`);
      return path.endsWith(id(9))
        ? { status: 404, body: { detail: 'No open stream has this ID, or it is not yours.' } }
        : { status: 204, body: undefined };
    };
    const end = (...ids: string[]) => rig.run('sessions', 'revoke', ...ids.flatMap((one) => ['--stream', one]));
    expect(await end(id(1), id(2))).toMatchObject({
      code: 0,
      out: `Ended stream ${id(1)}.\nEnded stream ${id(2)}.\n`,
    });
    expect(await end('0b7c1c0e')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('is the beginning of 2 ids'),
    });
    expect(await end(id(9), id(2))).toMatchObject({
      code: 5,
      out: '',
      err: expect.stringContaining('No open stream has this ID, or it is not yours.'),
    });
    expect(asked).toEqual([1, 2, 9].map((last) => `DELETE /.sallyport/api/v1/streams/${id(last)}`));
    expect(await end('../sessions/x')).toMatchObject({ code: 2, err: expect.stringContaining('is not a stream id') });
    expect(JSON.parse((await rig.run('sessions', 'revoke', '-o', 'json', '--stream', id(1))).out)).toEqual({
      ended: [id(1)],
    });
    expect(gateway.sessions.size).toBe(1);
  });

  it('revokes all sessions of a user, or only those of one provider', async () => {
    const other = createRig();
    await other.run('login', '--gateway', gateway.origin);
    other.remove();
    expect(gateway.sessions.size).toBe(2);
    let asked = '';
    gateway.override = ({ method, query }) => {
      asked = `${method} ${query.toString()}`;
      return undefined;
    };
    expect(await rig.run('sessions', 'revoke', '--user', 'alice@example.com', '--provider', 'corp')).toMatchObject({
      code: 0,
      out: 'Revoked 2 sessions of alice@example.com of corp.\n',
    });
    expect(asked).toBe('DELETE user=alice%40example.com&provider=corp');
    expect(gateway.sessions.size).toBe(0);
  });

  it('says how many service accounts of the user go on, and ends them only if asked', async () => {
    const asked: string[] = [];
    gateway.override = ({ method, query }) => {
      if (method !== 'DELETE') return undefined;
      asked.push(query.toString());
      const left = query.has('serviceAccounts') ? {} : { serviceAccountsLeft: 2 };
      return { status: 200, body: { revoked: 1, ...left } };
    };
    const args = ['sessions', 'revoke', '--user', 'alice@example.com'];
    expect(await rig.run(...args)).toMatchObject({
      code: 0,
      err: '2 service accounts that alice@example.com made go on. To end them too, add --service-accounts.\n',
    });
    expect(await rig.run(...args, '--service-accounts')).toMatchObject({ code: 0, err: '' });
    expect(asked).toEqual(['user=alice%40example.com', 'user=alice%40example.com&serviceAccounts=true']);
  });

  it('says if the gateway could not record yet that a session ended', async () => {
    const later = 'The audit log could not record this yet. The gateway keeps the event and records it later.\n';
    gateway.override = ({ method }) =>
      method === 'DELETE' ? { status: 200, body: { revoked: 1, recorded: false } } : undefined;
    const [session] = gateway.sessions.values();
    expect(await rig.run('sessions', 'revoke', session!.id)).toMatchObject({
      code: 0,
      out: `Revoked ${session!.id}.\n`,
      err: later,
    });
    expect(await rig.run('sessions', 'revoke', '--user', 'alice@example.com')).toMatchObject({ code: 0, err: later });
    gateway.override = ({ path }) =>
      path === '/.sallyport/logout' ? { status: 200, body: { recorded: false } } : undefined;
    expect(await rig.run('logout')).toMatchObject({ code: 0, out: expect.stringMatching(/^Logged out/), err: later });
  });

  it('revokes the sessions of all users only after a confirmation', async () => {
    const refused = await rig.run('sessions', 'revoke', '--all-sessions');
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('There is no terminal to ask on') });
    for (const [typed, code] of [
      ['no\n', 2],
      ['\n yes please\n', 2],
      ['yes\n', 0],
    ] as const) {
      const here = Object.assign(Readable.from([Buffer.from(typed)]), { isTTY: true });
      rig.environment.stdin = here;
      const run = await rig.run('sessions', 'revoke', '--all-sessions');
      expect([run.code, run.err]).toEqual([
        code,
        expect.stringContaining(
          `This logs all users out of ${gateway.origin}, ends all agents, workloads and service accounts, and closes their streams. Type yes to continue: `,
        ),
      ]);
      expect(gateway.sessions.size).toBe(code === 0 ? 0 : 1);
    }
    await rig.run('login', '--gateway', gateway.origin);
    expect(await rig.run('sessions', 'revoke', '--all-sessions', '--yes', '-o', 'json')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/"revoked": 1/),
    });
  });

  it.each([
    [[]],
    [['a', '--user', 'x']],
    [['--user', 'x', '--all-sessions']],
    [['--all-sessions', '--service-accounts']],
    [['--user', 'x', '--provider', 'corp', '--service-accounts']],
    [['a', '--service-accounts']],
    [['--user', '']],
    [['a', '--provider', 'corp']],
    [['a', '--stream', 'b']],
    [['--stream', 'b', '--user', 'alice@example.com']],
    [['--stream', 'b', '--provider', 'corp']],
  ])('needs to know which sessions to revoke (%j)', async (args) => {
    expect(await rig.run('sessions', 'revoke', ...args)).toMatchObject({ code: 2, out: '' });
    expect(gateway.sessions.size).toBe(1);
  });

  it('lists the sessions of one user', async () => {
    let asked = '';
    gateway.override = ({ query }) => {
      asked = query.toString();
      return undefined;
    };
    await rig.run('sessions', 'list', '--user', 'bob@example.com');
    expect(asked).toBe('user=bob%40example.com');
  });
});

describe('sallyport logout --everywhere', () => {
  it('ends all your sessions, and reports if it could not', async () => {
    const other = createRig();
    await other.run('login', '--gateway', gateway.origin);
    expect(await rig.run('logout', '--everywhere')).toMatchObject({
      code: 0,
      out: `Logged out of ${gateway.origin}, everywhere.\n`,
    });
    expect(gateway.sessions.size).toBe(0);
    expect(await rig.run('logout', '--everywhere')).toMatchObject({
      code: 3,
      err: expect.stringContaining('your other sessions could not be ended'),
    });
    expect(await other.run('logout', '--everywhere')).toMatchObject({ code: 3 });
    expect(await other.run('logout')).toMatchObject({
      code: 0,
      out: expect.stringContaining('You were not logged in'),
    });
    other.remove();
  });
});
