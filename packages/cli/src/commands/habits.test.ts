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

describe('a group of commands alone', () => {
  it.each([[[]], [['audit']], [['elevations']], [['policy']]])('prints its help as an answer: %j', async (args) => {
    const { code, out, err } = await rig.run(...args);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^Usage: sallyport /);
  });

  it('refuses a command that it does not have', async () => {
    for (const more of [[], ['--help'], ['-o', 'json']])
      expect(await rig.run('audit', 'serach', ...more)).toMatchObject({
        code: 2,
        out: '',
        err: expect.stringContaining('Did you mean "sallyport audit search"?'),
      });
    expect(await rig.run('agent', 'run', '--help')).toMatchObject({ code: 2, out: '' });
    expect(await rig.run('help', 'audit', '--help')).toMatchObject({ code: 0, err: '' });
  });
});

describe('-v', () => {
  it('says on standard error what is asked of whom and how long it takes, and no secret', async () => {
    const { out, err } = await rig.run('clusters', '-v');
    expect(out).toMatch(/^NAME/);
    expect(err).toContain(`sallyport: the gateway is ${gateway.origin}, from `);
    expect(err).toMatch(/sallyport: GET http\S+\/\.sallyport\/api\/v1\/clusters: 200 after \d+ ms\n/);
    expect(err).not.toContain('logins are in');
    expect(err).not.toMatch(/spt_|Bearer/);
  });

  it('leaves out what a query asks for', async () => {
    expect((await rig.run('audit', 'search', '--user', 'secret-person', '-vv')).err).not.toContain('secret-person');
  });

  it('says more when it is given twice, and nothing without it', async () => {
    expect((await rig.run('clusters', '-vv')).err).toContain('sallyport: logins are in ');
    expect((await rig.run('clusters')).err).toBe('');
  });

  it('says that there was no answer', async () => {
    await gateway.close();
    expect((await rig.run('clusters', '-v')).err).toMatch(/clusters: no answer after \d+ ms\n/);
    gateway = await startFakeGateway();
  });
});

describe('-o csv', () => {
  it('prints every column of a list', async () => {
    const [heading, row] = (await rig.run('clusters', '-o', 'csv')).out.split('\n');
    expect(heading).toMatch(/^name,/);
    expect(row!.split(',')).toHaveLength(heading!.split(',').length);
  });

  it('has no heading where none is wanted', async () => {
    expect((await rig.run('clusters', '-o', 'csv', '--no-headers')).out).not.toMatch(/^name,/);
  });
});

describe('--web', () => {
  it.each([
    [['status'], '/'],
    [['clusters'], '/'],
    [['sessions', 'list'], '/'],
    [['elevations', 'list'], '/.sallyport/elevations'],
    [['elevate'], '/.sallyport/elevations'],
    [['elevate', 'prod admin'], '/.sallyport/elevations/new/prod%20admin'],
  ])('prints the address of the page where no browser can be opened: %j', async (args, path) => {
    const { code, out, err } = await rig.run(...args, '--web');
    expect({ code, out, err }).toMatchObject({ code: 0, out: `${gateway.origin}${path}\n` });
    expect(err).toContain('No browser can be opened here');
  });
});

describe('--watch', () => {
  it('shows a list again when it has changed, and asks again after the gateway was away', async () => {
    const names = [['a'], ['a'], undefined, ['a', 'b']];
    let asked = 0;
    gateway.override = ({ path }) => {
      if (!path.endsWith('/clusters')) return undefined;
      const found = names[asked++];
      if (found === undefined) return { status: 503, body: { code: 'service-unavailable', detail: 'not ready' } };
      return {
        status: 200,
        body: { clusters: found.map((name) => ({ name, url: `${gateway.origin}/clusters/${name}` })) },
      };
    };
    let pauses = 0;
    rig.environment.sleep = () => {
      pauses += 1;
      return pauses < 4 ? Promise.resolve() : Promise.reject(new Error('interrupted'));
    };
    const { out, err } = await rig.run('clusters', '--watch', '-o', 'name');
    expect(out).toBe('a\na\nb\n');
    expect(err).toMatch(/Retrying\.\n/);
  });
});
