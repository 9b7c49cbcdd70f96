import { describe, expect, it } from '@jest/globals';
import { criteria } from '../criteria/index.ts';
import { reasons } from '../language/reasons.ts';
import { callerRows } from '../testing/caller-rows.ts';
import { kubernetesRows } from '../testing/kubernetes-rows.ts';
import { otherRows } from '../testing/other-rows.ts';
import { requestRows } from '../testing/request-rows.ts';
import { evaluateCriterion } from '../testing/evaluate-criterion.ts';

// The language as data, to which the engine is held.
const rows = [...callerRows, ...requestRows, ...kubernetesRows, ...otherRows];

const nameOf = (key: string) => (key.startsWith('claim/') ? 'claim' : key);
const byCriterion = Map.groupBy(rows, ([key]) => nameOf(key));

describe('the table of criteria', () => {
  it.each([...byCriterion.keys()])('%s evaluates as in the table', (name) => {
    for (const [key, data, input, holds, reason] of byCriterion.get(name)!) {
      expect({ key, data, input, verdict: evaluateCriterion(key, data, input) }).toEqual({
        key,
        data,
        input,
        verdict: [holds, reason],
      });
    }
  });

  it('has every criterion with exactly the reasons in its documentation', () => {
    expect([...byCriterion.keys()].sort()).toEqual(criteria.map(({ name }) => name).sort());
    for (const { name, doc } of criteria) {
      const given = [...new Set(byCriterion.get(name)!.map((row) => row[4]))].sort();
      expect({ name, given }).toEqual({ name, given: [...doc.reasons].sort() });
    }
  });

  it('has both results of every criterion that can hold', () => {
    const never = [
      'reject',
      'device',
      'mcp_tool',
      'ssh_publickey',
      'ssh_ca',
      'ssh_username',
      'ssh_username_matches_email',
      'ssh_username_matches_claim',
      'pomerium_routes',
    ];
    for (const { name } of criteria) {
      const outcomes = new Set(byCriterion.get(name)!.map((row) => row[3]));
      expect({ name, holds: outcomes.has(true) }).toEqual({ name, holds: !never.includes(name) });
      expect({ name, fails: outcomes.has(false) }).toEqual({ name, fails: name !== 'accept' });
    }
  });

  it('has every reason of the closed set', () => {
    expect(new Set(rows.map((row) => row[4]))).toEqual(new Set(reasons));
  });
});
