import { describe, expect, it } from '@jest/globals';
import { apiOperations, type ApiOperation } from './api-operations.ts';
import { callsOf } from './calls-of.ts';

const all = callsOf(() => true);
const fits = (method: string, path: string) => all.some((call) => call.method === method && call.path.test(path));

describe('the calls of the API as requests', () => {
  it('fit whole paths, with one part in place of a parameter', () => {
    expect(fits('GET', '/.sallyport/api/v1/recordings/r1/files/part-1')).toBe(true);
    expect(fits('PUT', '/.sallyport/api/v1/clusters')).toBe(false);
    for (const path of [
      '/.sallyport/api/v1/recordings/r1/files/part-1/more',
      '/.sallyport/api/v1/recordings//files/part-1',
      '/xsallyport/api/v1/clusters',
      '/.sallyport/api/v1/clusters/',
      '/.sallyport/api/v1/clusters\n',
      'https://gate.example.com/.sallyport/api/v1/clusters',
    ])
      expect([path, fits('GET', path)]).toEqual([path, false]);
  });

  // A row that gains one of these by mistake gives agents, or a model behind `sallyport mcp`, what they must not have.
  it.each(['agents', 'readOnly'] as const)('are open for %s only where that is meant', (who) => {
    const open = Object.entries<ApiOperation>(apiOperations).filter(([, operation]) => operation[who]);
    expect(open.map(([call]) => call)).toEqual(['GET /clusters', 'POST /policy/can-i']);
  });
});
