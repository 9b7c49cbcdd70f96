import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, runCommand, startGateway, theBed, type Gateway } from '../harness/index.ts';
import { makeScimToken } from './scim-client.ts';

type Check = { status: string; title: string; resource: string | null; reason: string };

const program = path.join(import.meta.dirname, 'run-scim-tester.py');
/** What the service does not support: titles of checks, and the messages of the service. */
const exceptions: Record<string, RegExp> = {
  search_with_attributes: /searching several resource types at once is not supported/,
};

describeWith(['scim2-tester'], 'SCIM, checked by a third-party client (scim2-tester)', () => {
  const { token, entry } = makeScimToken('tester');
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway({
      mode: 'embedded',
      clusters: [],
      provider: { groupSources: ['scim', 'claims'] },
      sources: [{ kind: 'scim', tokens: [entry] }],
    });
  });
  afterAll(() => gateway?.stop());

  it('passes every check except the listed ones', async () => {
    const { code, stdout, stderr } = await runCommand(
      theBed().programs['scim2-tester']!,
      [program, `${gateway.url}/.sallyport/scim/v2`, gateway.caFile],
      { env: { SCIM_TOKEN: token }, timeoutMs: 120_000 },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const checks = JSON.parse(stdout) as Check[];
    const passed = checks.filter(({ status }) => status === 'SUCCESS');
    const others = checks.filter(({ status }) => status !== 'SUCCESS');
    process.stderr.write(
      `scim2-tester: ${passed.length} of ${checks.length} checks passed\n${others.map(({ status, title, resource, reason }) => `  ${status} ${title} (${resource}): ${reason}\n`).join('')}`,
    );
    expect(
      others.filter(({ status, title, reason }) => status !== 'SKIPPED' || !exceptions[title]?.test(reason)),
    ).toEqual([]);
    expect(others).toHaveLength(2);
    expect(passed.length).toBeGreaterThanOrEqual(105);
  });
});
