import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePolicy } from '../../compile/compile-policy.ts';
import { evaluatePolicy } from '../../evaluate/evaluate-policy.ts';
import type { PolicyInput } from '../../input/policy-input.ts';
import { faultsOf, evaluateCriterion } from '../../testing/evaluate-criterion.ts';

/** Any character. The arbitrary of fast-check would first build a table of all of them. */
const character = fc
  .integer({ min: 0, max: 0x10_f7ff })
  .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800));

const ask = (text: string, input: PolicyInput = {}) => evaluateCriterion('expression', text, input);
const session = { id: 's' };
const ok = [true, 'expression-ok'];
const unauthorized = [false, 'expression-unauthorized'];
const error = [false, 'expression-error'];
const faultOf = (text: string) => faultsOf('expression', text).join('; ');

describe('expression', () => {
  it('reads the request, the caller, the cluster and the time', () => {
    const input: PolicyInput = {
      session: { id: 's', claims: { amr: ['otp'] } },
      user: {
        id: 'alice',
        email: 'alice@example.com',
        groups: ['dev', 'ops'],
        claims: { team: 'web', level: 5, address: { city: 'Berlin' } },
      },
      request: { method: 'GET', path: '/x', host: 'gate', ip: '::1', headers: { 'X-Reason': 'test' } },
      kubernetes: {
        cluster: 'prod-eu',
        verb: 'create',
        resource: 'pods',
        subresource: 'exec',
        namespace: 'team-web',
        exec: { command: ['ls', '-l'], tty: true },
      },
      elevations: ['admin'],
      now: Date.UTC(2026, 2, 1, 13, 30),
    };
    for (const text of [
      'request.method == "GET" && request.path.startsWith("/") && request.host == "gate" && request.ip == "::1"',
      'request.headers["x-reason"] == "test"',
      'user.id == "alice" && user.email.endsWith("@example.com") && "dev" in user.groups && user.groups.exists(g, g.startsWith("op"))',
      'kubernetes.namespace == "team-" + user.claims.team',
      'user.claims.level >= 5 && user.claims.level == 5 && user.claims.address.city == "Berlin"',
      '"otp" in session.claims.amr',
      'cluster.name.startsWith("prod-") && kubernetes.cluster == cluster.name',
      'kubernetes.exec.command[0] in ["ls", "cat"] && kubernetes.exec.tty && size(kubernetes.exec.command) == 2',
      'elevations.exists(e, e == "admin")',
      'now.getHours() == 13 && now > timestamp("2026-01-01T00:00:00Z") && now - timestamp("2026-03-01T13:00:00Z") < duration("1h")',
      'has(user.email) && !has(user.claims.phone)',
    ])
      expect({ text, verdict: ask(text, input) }).toEqual({ text, verdict: ok });
    expect(ask('"contractors" in user.groups', input)).toEqual(unauthorized);
  });

  it('is open with its own reason if it fails or its result is not a boolean', () => {
    for (const text of [
      'kubernetes.namespace == "x"',
      'kubernetes.exec.command[0] == "ls"',
      'request.method != "GET"',
      '1 / 0 == 1',
      'now.getHours() == 1',
      'int(request.path) > 1',
      'cluster.name != "x"',
    ])
      expect({ text, verdict: ask(text) }).toEqual({ text, verdict: error });
    expect(ask('user.claims.admin', { session, user: { claims: { admin: 'true' } } })).toEqual(error);
    expect(ask('user.claims.admin', { session, user: { claims: { admin: true } } })).toEqual(ok);
  });

  it('treats an empty namespace or name as missing, as the criteria do', () => {
    for (const member of ['namespace', 'name']) {
      expect(ask(`kubernetes.${member} != "kube-system"`, { kubernetes: { [member]: '' } })).toEqual(error);
      expect(ask(`has(kubernetes.${member})`, { kubernetes: { [member]: '' } })).toEqual(unauthorized);
    }
    expect(
      ask('kubernetes.exec.command[0] == "ls"', { kubernetes: { subresource: 'attach', exec: { command: ['ls'] } } }),
    ).toEqual(error);
    expect(
      ask('kubernetes.apiGroup == "" && kubernetes.subresource == ""', {
        kubernetes: { apiGroup: '', subresource: '' },
      }),
    ).toEqual(ok);
  });

  it('asks to log in if it is about the caller and there is none', () => {
    for (const text of [
      'user.id == "x"',
      'session.id == "x"',
      'size(elevations) == 0',
      'true || user.groups.exists(g, true)',
    ])
      expect(ask(text, { user: { id: 'x' } })).toEqual([false, 'user-unauthenticated']);
    expect(ask('request.method == "GET"', { request: { method: 'GET' } })).toEqual(ok);
    expect(ask('size(user.groups) == 0', { session })).toEqual(ok);
  });

  it('keeps nothing from one request to the next', () => {
    const compiled = compilePolicy({ allow: { or: [{ expression: 'kubernetes.namespace == "a"' }] } }, { scope: 'x' });
    const effect = (namespace?: string) =>
      compiled.ok &&
      evaluatePolicy([compiled.policy], { kubernetes: namespace === undefined ? undefined : { namespace } }).allow
        .reasons[0];
    expect([effect('a'), effect(), effect('b'), effect('a')]).toEqual([
      'expression-ok',
      'expression-error',
      'expression-unauthorized',
      'expression-ok',
    ]);
  });
});

describe('data from callers', () => {
  it('can have the names of JavaScript built-ins as keys', () => {
    const headers = JSON.parse('{"constructor": "x", "__proto__": "y", "x-a": "1"}') as Record<string, string>;
    expect(
      ask(
        'request.headers["x-a"] == "1" && request.headers["constructor"] == "x" && request.headers["__proto__"] == "y"',
        { request: { headers } },
      ),
    ).toEqual(ok);
    const claims = JSON.parse(
      '{"constructor": {"name": "x"}, "__proto__": {"admin": true}, "a": {"constructor": 1, "b": "c"}}',
    ) as Record<string, unknown>;
    expect(
      ask('user.claims.a.b == "c" && user.claims["constructor"].name == "x"', { session, user: { claims } }),
    ).toEqual(ok);
    expect(ask('user.claims.admin', { session, user: { claims } })).toEqual(error);
    expect(ask('has(user.claims.toString)', { session, user: { claims } })).toEqual(unauthorized);
  });
});

describe('the limits of an expression', () => {
  it('are checked when the policy is compiled', () => {
    expect(faultOf('user.nmae == "x"')).toBe(
      'expression: is not a valid expression: No such key: nmae (at character 6)',
    );
    expect(faultOf('usr.id == "x"')).toMatch(/Unknown variable: usr/);
    expect(faultOf('user.email')).toMatch(/must result in true or false, not in string/);
    expect(faultOf('user.email == 5')).toMatch(/no such overload/);
    for (const text of [
      '',
      '(',
      'true &&',
      '"unfinished',
      '\u0000',
      'true\u001b[31m',
      '__proto__',
      'process.exit()',
      'globalThis == 1',
      '"a".constructor("b") == 1',
    ])
      expect(faultOf(text)).not.toBe('');
    for (const data of [true, null, 1, [], {}]) expect(faultsOf('expression', data)).toHaveLength(1);
  });

  it('leave no control characters in faults', () => {
    expect(faultOf('true \u001b[31m')).not.toMatch(/\u001b/);
  });

  it('allow no functions with unbounded cost', () => {
    expect(faultOf('request.path.matches("(a+)+b")')).toMatch(/matches\(\) is not available/);
    expect(faultOf('user.groups.exists(g, g.matches("a"))')).toMatch(/matches\(\) is not available/);
    for (const text of [
      'cel.bind(x, 1, x == 1)',
      'request.path.lowerAscii() == "a"',
      'bytes(request.path).size() > 1',
      'b"{}".json().a == 1',
      'b"a".hex() == "61"',
    ])
      expect(faultOf(text)).toMatch(/is not a function of expressions/);
    expect(faultOf('duration(request.path) > duration("1s")')).toMatch(/only a literal/);
    expect(faultOf('now.getHours("Europe/Berlin") > 8')).toMatch(/does not take a time zone/);
  });

  it('apply to length, size, depth and nesting of loops', () => {
    expect(faultOf('x'.repeat(3000))).toBe('expression: is longer than 2048 characters');
    for (const text of [
      '('.repeat(200) + 'true' + ')'.repeat(200),
      `${'!'.repeat(1000)}true`,
      Array.from({ length: 400 }, () => 'true').join('||'),
      `${'['.repeat(60)}1${']'.repeat(60)} == []`,
      `[${'1,'.repeat(500)}1].size() > 1`,
    ])
      expect(faultOf(text)).not.toBe('');
    const loops = (depth: number): string => (depth === 0 ? 'true' : `user.groups.all(g${depth}, ${loops(depth - 1)})`);
    expect(faultOf(loops(2))).toBe('');
    expect(faultOf(loops(3))).toMatch(/nested more than 2 deep/);
    expect(faultOf('user.groups.map(a, a).filter(b, true).map(c, c).exists(d, true)')).toBe('');
    expect(faultOf(Array.from({ length: 60 }, (_none, index) => `request.path == "a${index}"`).join(' || '))).toBe('');
  });

  it('never make the compiler throw', () => {
    const piece = fc.constantFrom(
      'user',
      '.',
      'groups',
      'exists',
      '(',
      ')',
      'g',
      ',',
      '"a"',
      '==',
      '&&',
      '!',
      '[',
      ']',
      '{',
      '}',
      '?',
      ':',
      '1',
      '+',
      ' ',
      'has',
      'size',
      'now',
      '\\',
      "'",
      'r"',
      'in',
      'kubernetes',
      '.matches(',
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 20 }).map((all) => all.join('')),
      fc.string({ unit: character }),
    );
    fc.assert(
      fc.property(text, (one) => {
        const compiled = compilePolicy({ allow: { or: [{ expression: one }] } }, { scope: 'x' });
        if (!compiled.ok) return compiled.faults.length > 0;
        return typeof evaluatePolicy([compiled.policy], { session, user: { groups: ['a'] } }).allow.value === 'boolean';
      }),
      { numRuns: 1500 },
    );
  });
});
