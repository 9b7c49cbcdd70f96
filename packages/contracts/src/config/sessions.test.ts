import { describe, expect, it } from '@jest/globals';
import { sessionsSchema } from './sessions.ts';

const read = (settings: object) => sessionsSchema.parse(settings);
const faultsOf = (settings: object) => {
  const result = sessionsSchema.safeParse(settings);
  const [issue] = result.error?.issues ?? [];
  // Sessions are in memory or in Redis.
  const issues = issue?.code === 'invalid_union' ? issue.errors[1]! : [];
  return issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
};

describe('sessions.redis', () => {
  it.each([
    ['redis-sentinel://one', { redis: 'redis://one:26379/', mode: 'sentinel', nodes: [] }],
    [
      'redis-sentinel://user:pass%40@one:1,two,[::1]:3/2#gate',
      {
        redis: 'redis://user:pass%40@one:1/2',
        mode: 'sentinel',
        nodes: ['two:26379', '[::1]:3'],
        sentinel: 'gate',
      },
    ],
    [
      'rediss-sentinel://secret@one,two?sentinelMasterId=my%20gate',
      { redis: 'rediss://:secret@one:26379/', mode: 'sentinel', nodes: ['two:26379'], sentinel: 'my gate' },
    ],
    ['redis-cluster://one,two:7000/', { redis: 'redis://one:6379/', mode: 'cluster', nodes: ['two:7000'] }],
    [
      'rediss-cluster://:secret@one:7000,two:7001,three:7002/0',
      { redis: 'rediss://:secret@one:7000/0', mode: 'cluster', nodes: ['two:7001', 'three:7002'] },
    ],
  ])('may name several servers: %s', (redis, expected) => {
    const { lifetime: _lifetime, idle: _idle, onLimit: _limit, ...rest } = read({ redis });
    expect(rest).toEqual(expected);
  });

  it('means the same as the settings for several servers', () => {
    expect(read({ redis: 'rediss-sentinel://:secret@one,two:2/1#gate', caFile: 'ca.pem', idle: '1h' })).toEqual(
      read({
        redis: 'rediss://:secret@one:26379/1',
        nodes: ['two:2'],
        mode: 'sentinel',
        sentinel: 'gate',
        caFile: 'ca.pem',
        idle: '1h',
      }),
    );
  });

  it('keeps its defaults for a single server', () => {
    expect(read({ redis: 'redis://redis:6379/0' })).toMatchObject({
      redis: 'redis://redis:6379/0',
      mode: 'single',
      nodes: [],
      onLimit: 'endOldest',
    });
  });

  it.each([
    [{ mode: 'sentinel' }, 'mode: '],
    [{ mode: 'single' }, 'mode: '],
    [{ nodes: ['two:1'] }, 'nodes: '],
    [{ nodes: [] }, 'nodes: '],
    [{ sentinel: 'gate' }, 'sentinel: '],
    [{ sentinel: 'gate', mode: 'sentinel', nodes: ['two:1'] }, 'nodes: '],
  ])('says it once: a URL of several servers cannot be combined with %j', (more, path) => {
    for (const redis of ['redis-sentinel://one', 'rediss-cluster://one'])
      expect(faultsOf({ redis, ...more })).toEqual([
        expect.stringMatching(
          new RegExp(
            `^${path}cannot be combined with a URL that names several servers; remove ${Object.keys(more).length === 1 ? path.slice(0, -2) : 'nodes, mode, sentinel'}, or`,
          ),
        ),
      ]);
  });

  it.each([
    ['redis-sentinel://', /not the URL of several/],
    ['redis-sentinel://:planted@', /not the URL of several/],
    ['redis-sentinel://:plan@ted@one:1', /not the URL of several/],
    ['redis-sentinel://:plan/ted@one:1', /not the URL of several/],
    ['redis-sentinel://:planted@one:1/x', /not the URL of several/],
    ['redis-cluster:one', /not a Redis URL/],
    ['redis-other://:planted@one', /not a Redis URL/],
    ['redis+sentinel://:planted@one', /not a Redis URL/],
    ['redis-sentinel://:planted@one:1,', /not a host with a port/],
    ['redis-sentinel://:planted@one:planted', /not a host with a port/],
    ['redis-sentinel://:planted@::1', /not a host with a port/],
    ['redis-sentinel://:planted@one#', /name of the master/],
    ['redis-sentinel://:planted@one?timeout=planted', /name of the master/],
    ['redis-sentinel://:planted@one?sentinelMasterId=a#b', /name of the master/],
    ['redis-sentinel://:planted@one?sentinelMasterId=%', /name of the master/],
    ['redis-cluster://:planted@one/1', /only database 0/],
    ['redis-cluster://:planted@one#planted', /a cluster has none/],
  ])('is refused without repeating it: %s', (redis, message) => {
    const [fault, ...others] = faultsOf({ redis });
    expect(others).toEqual([]);
    expect(fault).toMatch(/^redis: /);
    expect(fault).toMatch(message);
    expect(fault).not.toMatch(/planted|ted@/);
  });
});
