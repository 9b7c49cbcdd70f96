import { describe, expect, it } from '@jest/globals';
import { allNeeds, componentsOf, isBedNeed, unmetNeeds } from './needs.ts';

const missing = (name: 'java' | 'kubelet' | 'kafka') => ({
  paths: {},
  missing: [{ missing: name, why: 'it is not here', hint: 'get it' }],
});

describe('what a bed is asked for', () => {
  it('goes unmet when a component of it is missing, and says which', () => {
    expect(unmetNeeds(['node', 'cluster'], missing('kubelet'))).toEqual([
      { missing: 'node', why: 'kubelet: it is not here', hint: 'get it' },
    ]);
    expect(unmetNeeds(['kafka', 'redis'], missing('java'))).toEqual([
      { missing: 'kafka', why: 'java: it is not here', hint: 'get it' },
    ]);
    expect(unmetNeeds(['kafka'], missing('kafka'))).toEqual([
      { missing: 'kafka', why: 'it is not here', hint: 'get it' },
    ]);
  });

  it('is met when nothing of it is missing', () => {
    expect(unmetNeeds(allNeeds, { paths: {}, missing: [] })).toEqual([]);
  });

  it('is one of a fixed list', () => {
    expect(isBedNeed('node')).toBe(true);
    expect(isBedNeed('toString')).toBe(false);
    expect(componentsOf('node')).toEqual(expect.arrayContaining([...componentsOf('cluster')]));
  });
});
