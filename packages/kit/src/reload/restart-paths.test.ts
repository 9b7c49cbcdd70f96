import { describe, expect, it } from '@jest/globals';
import { configSchema } from '@sallyport/contracts';
import { restartPaths } from './restart-paths.ts';

const cluster = { name: 'dev', server: 'https://10.0.0.1', token: 'planted-secret' };
const config = (more: object = {}) =>
  configSchema.parse({ gateway: { url: 'http://gate' }, clusters: [cluster], ...more });
const paths = (more: object) => restartPaths(config(), config(more), ['clusters', 'policies']);

describe('settings that need a restart', () => {
  it('are named by path, without values and without reloadable sections', () => {
    expect(paths({})).toEqual([]);
    expect(paths({ clusters: [{ ...cluster, token: 'other' }], policies: { a: [] } })).toEqual([]);
    expect(
      paths({
        sessions: { redis: 'redis://planted-secret:1', idle: '3h' },
        gateway: { url: 'http://gate', trustedProxies: ['10.0.0.0/8'] },
      }).toSorted(),
    ).toEqual(['gateway.trustedProxies', 'sessions.idle', 'sessions.mode', 'sessions.nodes', 'sessions.redis']);
  });

  it('do not include a single setting that is reloadable', () => {
    const of = (rules: object[], input: boolean) =>
      restartPaths(config(), config({ recordings: { rules, input } }), ['recordings.rules']);
    expect(of([{ record: 'off' }], false)).toEqual([]);
    expect(of([{ record: 'off' }], true)).toEqual(['recordings.input']);
  });

  it('are not all named if there are very many', () => {
    const before = config();
    const after = {
      ...before,
      more: Object.fromEntries(Array.from({ length: 500 }, (_none, index) => [`k${index}`, index])),
    } as typeof before;
    expect(restartPaths({ ...before, more: {} } as typeof before, after, [])).toHaveLength(21);
  });
});
