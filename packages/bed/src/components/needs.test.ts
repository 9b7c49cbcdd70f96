import { describe, expect, it } from '@jest/globals';
import { allNeeds, defaultNeeds, componentsOf, isBedNeed, unmetNeeds } from './needs.ts';

const missing = (name: 'java' | 'kubelet' | 'kafka') => ({
  paths: {},
  missing: [{ missing: name, why: 'it is not installed', hint: 'Install it.' }],
});

describe('a need of the bed', () => {
  it('is unmet when one of its components is missing, and names it', () => {
    expect(unmetNeeds(['node', 'cluster'], missing('kubelet'))).toEqual([
      { missing: 'node', why: 'kubelet: it is not installed', hint: 'Install it.' },
    ]);
    expect(unmetNeeds(['kafka', 'redis'], missing('java'))).toEqual([
      { missing: 'kafka', why: 'java: it is not installed', hint: 'Install it.' },
    ]);
    expect(unmetNeeds(['kafka'], missing('kafka'))).toEqual([
      { missing: 'kafka', why: 'it is not installed', hint: 'Install it.' },
    ]);
  });

  it('is met when none of its components is missing', () => {
    expect(unmetNeeds(allNeeds, { paths: {}, missing: [] })).toEqual([]);
  });

  it('is one of a fixed list', () => {
    expect(isBedNeed('node')).toBe(true);
    expect(isBedNeed('toString')).toBe(false);
    expect(componentsOf('node')).toEqual(expect.arrayContaining([...componentsOf('cluster')]));
    expect(componentsOf('pods')).toEqual(expect.arrayContaining([...componentsOf('node')]));
    expect(defaultNeeds).not.toContain('pods');
  });
});
