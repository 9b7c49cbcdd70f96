import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePolicy } from '../compile/compile-policy.ts';
import { evaluatePolicy } from '../evaluate/evaluate-policy.ts';
import { readPolicyInput } from './read-policy-input.ts';

const faultsOf = (document: unknown) => {
  const read = readPolicyInput(document);
  return read.ok ? [] : read.faults.map(({ path, message }) => `${path.join('.')}: ${message}`);
};

describe('reading an input document', () => {
  it('accepts every member that a policy can read', () => {
    const input = {
      user: { id: 'a', email: 'a@b.c', groups: ['g'], claims: { nested: { x: [1] } } },
      session: { id: 's', claims: {} },
      request: {
        method: 'GET',
        path: '/',
        host: 'h',
        ip: '::1',
        headers: { Origin: 'x' },
        clientCertificate: { presented: true, leaf: 'pem', intermediates: '', valid: false },
      },
      kubernetes: {
        cluster: 'dev',
        verb: 'create',
        requestVerb: 'get',
        isResourceRequest: true,
        path: '/api',
        apiGroup: '',
        apiVersion: 'v1',
        resource: 'pods',
        subresource: 'exec',
        namespace: 'n',
        name: 'p',
        labelSelector: 'a=b',
        fieldSelector: '',
        dryRun: false,
        exec: { container: 'c', command: ['ls', '-l'], tty: true, stdin: false },
      },
      elevations: ['prod-admin'],
      records: { type: {} },
      now: 5,
    };
    expect(readPolicyInput(input)).toEqual({ ok: true, input, warnings: [] });
    expect(readPolicyInput({})).toEqual({ ok: true, input: {}, warnings: [] });
  });

  it('treats null as missing, and accepts times as strings and repeated headers', () => {
    const document = {
      session: null,
      user: { id: null },
      now: '2026-03-01T12:00:00Z',
      request: { headers: { Origin: ['a', 'b'] } },
    };
    expect(readPolicyInput(document)).toEqual({
      ok: true,
      input: { user: {}, now: Date.UTC(2026, 2, 1, 12), request: { headers: { Origin: 'a, b' } } },
      warnings: [],
    });
  });

  it('reads a time without an offset as UTC, in any time zone', () => {
    for (const now of ['2026-03-01T12:00:00', '2026-03-01T12:00Z', '2026-03-01T14:00:00+02:00'])
      expect(readPolicyInput({ now })).toMatchObject({ input: { now: Date.UTC(2026, 2, 1, 12) } });
    for (const now of ['noon', '', true, Infinity, '2026-02-30']) expect(faultsOf({ now })).toHaveLength(1);
  });

  it('warns of unknown members', () => {
    const read = readPolicyInput({ user: { nmae: 'x', id: 'a' }, kubernets: {} });
    expect(read).toEqual({
      ok: true,
      input: { user: { id: 'a' } },
      warnings: [
        { path: ['user', 'nmae'], message: 'unknown member "nmae"', hint: expect.stringMatching(/did you mean/) },
        { path: ['kubernets'], message: 'unknown member "kubernets"', hint: 'did you mean kubernetes?' },
      ],
    });
  });

  it('reports every wrong type with its path', () => {
    expect(
      faultsOf({
        user: { id: 1, groups: 'dev', claims: [] },
        session: true,
        request: { headers: { a: 1 } },
        kubernetes: { dryRun: 'yes', exec: { command: ['a', 2] } },
        now: 'soon',
      }),
    ).toEqual([
      'user.id: must be a string, not a number',
      'user.groups: must be a list of strings, not a string',
      'user.claims: must be a mapping, not a list',
      'session: must be a mapping, not a boolean',
      'request.headers.a: must be a string, not a number',
      'kubernetes.dryRun: must be a boolean, not a string',
      'kubernetes.exec.command.1: must be a string, not a number',
      'now: must be milliseconds since 1970 or a time such as 2026-03-01T12:00:00Z',
    ]);
    for (const document of [null, undefined, 1, 'x', [], new Map()]) expect(faultsOf(document)).toHaveLength(1);
  });

  it('is not deceived by JavaScript built-ins', () => {
    const read = readPolicyInput(
      JSON.parse(
        '{"__proto__": {"session": {"id": "s"}}, "constructor": {}, "user": {"claims": {"__proto__": {"admin": true}}}}',
      ),
    );
    expect(read.ok && read.input.session).toBe(undefined);
    expect(read.ok && read.warnings).toHaveLength(2);
  });

  it('never throws, and what it reads can be evaluated', () => {
    const junk = fc.anything({ maxDepth: 3, withNullPrototype: true });
    const name = fc.constantFrom(
      'user',
      'session',
      'request',
      'kubernetes',
      'elevations',
      'records',
      'now',
      'id',
      'email',
      'groups',
      'headers',
      'exec',
      '__proto__',
    );
    const document = fc.oneof(junk, fc.dictionary(name, fc.oneof(junk, fc.dictionary(name, junk))));
    const compiled = compilePolicy(
      { allow: { or: [{ groups: 'a' }, { email: 'b' }, { 'k8s/verb': 'get' }] } },
      { scope: 'x' },
    );
    fc.assert(
      fc.property(document, (one) => {
        const read = readPolicyInput(one);
        if (!read.ok) return read.faults.length > 0;
        return (
          compiled.ok &&
          ['deny', 'authenticate', 'allow'].includes(evaluatePolicy([compiled.policy], read.input).effect)
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses what is too deep, or throws when read', () => {
    const loop: Record<string, unknown> = {};
    loop.claims = loop;
    expect(faultsOf({ user: loop })).toEqual([': is nested more than 32 levels deep']);
    expect(
      faultsOf({
        get user() {
          throw new Error('boo');
        },
      }),
    ).toEqual([': cannot be read']);
  });
});
