import { describe, expect, it } from '@jest/globals';
import { checkRequestSchema } from '@sallyport/contracts';
import fc from 'fast-check';
import { checkOf, kubernetes } from '../testing/authorize-rig.ts';
import { readChecks } from './read-checks.ts';

const exec = { container: 'c', command: ['ls', '-l'], tty: true, stdin: false };
const valid = [
  checkOf(
    't',
    { kind: 'cluster', name: 'dev' },
    { kubernetes: kubernetes({ exec, dryRun: true, labelSelector: 'a=b', fieldSelector: 'c=d' }) },
  ),
  checkOf(
    undefined,
    { kind: 'api', area: 'audit' },
    {
      request: {
        method: 'GET',
        path: '/',
        host: 'gate',
        ip: '::1',
        headers: { origin: 'https://x' },
        clientCertificate: { presented: true, leaf: 'l', valid: false },
      },
    },
  ),
  checkOf('t', { kind: 'self' }),
];
const faultOf = (body: unknown) => {
  try {
    readChecks(typeof body === 'string' ? body : JSON.stringify(body));
    return undefined;
  } catch (error) {
    return error as { code?: string; detail?: string };
  }
};

/** Replaces the `n`th value of a document (depth first) with another one, or removes it. */
function replaceAt(document: unknown, n: number, by: unknown): unknown {
  let left = n;
  const walk = (value: unknown): unknown => {
    left -= 1;
    if (left === -1) return by;
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item)]));
  };
  return walk(document);
}

describe('readChecks', () => {
  it('reads everything in the contract', () => {
    expect(readChecks(JSON.stringify({ checks: valid }))).toEqual({ checks: valid, traces: [] });
  });

  it('accepts exactly what the schema of the contract accepts', () => {
    const junk = fc.oneof(
      fc.constant(undefined),
      fc.constantFrom('', 'none', 'token', 'cluster', 'audit'),
      fc.jsonValue({ maxDepth: 2 }),
    );
    let accepted = 0;
    fc.assert(
      fc.property(fc.nat(90), junk, (place, by) => {
        const body: unknown = JSON.parse(JSON.stringify(replaceAt({ checks: valid }, place, by)) ?? 'null');
        const mine = faultOf(body) === undefined;
        if (mine) accepted += 1;
        expect({ body, accepted: mine }).toEqual({ body, accepted: checkRequestSchema.safeParse(body).success });
      }),
      { numRuns: 1000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it('answers any bytes with bad-request, never with another error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((text) => `{"checks":[${text}]}`),
        ),
        (text) => {
          const fault = faultOf(text);
          return fault === undefined || fault.code === 'bad-request';
        },
      ),
      { numRuns: 600 },
    );
  });

  it('names the fault', () => {
    expect(faultOf('{')?.detail).toBe('The body is not JSON.');
    expect(faultOf({ checks: [valid[0], { ...valid[1], credential: { kind: 'token', hash: 'x' } }] })?.detail).toBe(
      'checks[1].credential.hash must be a SHA-256 in base64url.',
    );
    const hash = 'A'.repeat(43);
    for (const application of ['', 7, null])
      expect(faultOf({ checks: [{ ...valid[0], credential: { kind: 'token', hash, application } }] })?.detail).toBe(
        'checks[0].credential.application must be a string that is not empty.',
      );
    expect(faultOf({ checks: [{ ...valid[0], kubernetes: { ...kubernetes(), verb: 1 } }] })?.detail).toBe(
      'checks[0].kubernetes.verb must be a string.',
    );
  });

  it('takes 1 to 1024 checks', () => {
    expect(faultOf({ checks: [] })).toBeDefined();
    expect(faultOf({ checks: Array.from({ length: 1024 }, () => valid[2]) })).toBeUndefined();
    expect(faultOf({ checks: Array.from({ length: 1025 }, () => valid[2]) })).toBeDefined();
  });

  it('is not deceived by the names of JavaScript built-ins', () => {
    expect(faultOf('{"__proto__": {"checks": []}}')).toBeDefined();
    expect(faultOf('{"checks": [{"__proto__": {"credential": {"kind": "none"}}}]}')).toBeDefined();
    expect(faultOf({ checks: [{ ...valid[1], target: { kind: 'api', area: 'constructor' } }] })).toBeDefined();
  });
});
