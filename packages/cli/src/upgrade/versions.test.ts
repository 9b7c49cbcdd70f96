import { describe, expect, it } from '@jest/globals';
import { compareVersions, describeDistance, isVersion } from './versions.ts';

describe('versions', () => {
  it('are in the order of Semantic Versioning, with prereleases before their release', () => {
    const ordered = ['0.9.9', '0.10.0-alpha', '0.10.0-alpha.1', '0.10.0-alpha.beta', '0.10.0-rc.2', '0.10.0-rc.10'];
    const all = [...ordered, '0.10.0', '1.0.0', '10.0.0'];
    expect(all.toReversed().toSorted(compareVersions)).toEqual(all);
    expect(compareVersions('1.2.3', '1.2.3')).toBe(0);
  });

  it.each([
    '',
    '1.2',
    'v1.2.3',
    ' 1.2.3',
    '1.2.3+build',
    '01.2.3',
    '1.2.3-01',
    '1.2.3/..',
    '1.2.3\u001b[2J',
    '9'.repeat(300),
  ])('have one form, which %j is not', (text) => {
    expect(isVersion(text)).toBe(false);
  });

  it.each([
    ['0.1.0', '0.1.9', undefined],
    ['0.1.0', '0.2.0', undefined],
    ['0.2.0-rc.1', '0.1.0', undefined],
    ['0.1.0', '0.3.0', 'this program is 2 minor versions older'],
    ['0.4.1', '0.1.0', 'the gateway is 3 minor versions older'],
    ['0.9.0', '1.0.0', 'this program is a major version older'],
    ['2.0.0', '1.9.0', 'the gateway is a major version older'],
    ['0.1.0', 'x\u001b[2J', undefined],
  ])('%s and %s are apart: %s', (client, gateway, words) => {
    const described = describeDistance(client, gateway);
    if (words === undefined) expect(described).toBeUndefined();
    else expect(described).toBe(`${words}, so some commands may not work`);
  });
});
