import { describe, expect, it } from '@jest/globals';
import { compilePolicy } from '../compile/compile-policy.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import { warningsOf } from '../testing/warnings-of.ts';
import { evaluatePolicy } from './evaluate-policy.ts';

// One policy of each kind in Pomerium's documentation of its language, in the same form but with different values.
const documents: Record<string, unknown> = {
  'a domain with people left out': {
    allow: { and: [{ domain: { is: 'example.com' } }] },
    deny: { or: [{ email: { is: 'bob@example.com' } }, { email: { is: 'carl@example.com' } }] },
  },
  'a user and a group': {
    allow: { and: [{ domain: { is: 'example.com' } }, { groups: { has: 'admin' } }] },
    deny: { or: [{ user: { is: 'u2' } }, { user: { is: 'u3' } }] },
  },
  'two operators in one rule': {
    allow: {
      and: [{ 'claim/family_name': 'Smith' }],
      or: [{ domain: { is: 'one.example' } }, { domain: { is: 'two.example' } }],
    },
  },
  'two rules': [
    { allow: { and: [{ 'claim/family_name': 'Smith' }] } },
    { allow: { or: [{ domain: { is: 'one.example' } }, { domain: { is: 'two.example' } }] } },
  ],
  'a claim and a method': {
    allow: { and: [{ 'claim/family_name': 'Smith' }] },
    deny: { not: [{ http_method: { is: 'GET' } }] },
  },
  everyone: [{ allow: { and: [{ accept: true }] } }],
  'everyone logged in': [{ allow: { or: [{ authenticated_user: true }] } }],
  'no one': [{ allow: { or: [{ reject: true }] } }],
  'pre-flight requests': [{ allow: { or: [{ cors_preflight: true }, { authenticated_user: true }] } }],
  'a list of people': {
    allow: {
      or: [
        { email: { is: 'a@example.com' } },
        { email: { is: 'b@example.com' } },
        { email: { in: ['c@example.com', 'd@example.com'] } },
      ],
    },
  },
  'a beginning of an address': { allow: { and: [{ email: { starts_with: 'admin@' } }] } },
  'a group claim': [{ allow: { and: [{ domain: { is: 'example.com' } }, { 'claim/groups': 'admin' }] } }],
  'a verified address': [{ allow: { and: [{ 'claim/email_verified': true }, { domain: 'example.com' }] } }],
  'a certificate by name': {
    allow: {
      and: [{ authenticated_user: true }, { client_certificate: { san_email: { ends_with: '@example.com' } } }],
    },
  },
  'a certificate by fingerprint': {
    allow: { and: [{ authenticated_user: true }, { client_certificate: { fingerprint: 'a'.repeat(64) } }] },
  },
  'keys by hash': {
    allow: { and: [{ client_certificate: { spki_hash: [`${'A'.repeat(43)}=`, `${'B'.repeat(42)}A=`] } }] },
  },
  'trusted certificates only': [
    { allow: { or: [{ authenticated_user: true }] }, deny: { or: [{ invalid_client_certificate: true }] } },
  ],
  'week days': { allow: { and: [{ day_of_week: 'tue-fri' }, { email: 'a@example.com' }] } },
  dates: { allow: { and: [{ date: { after: '2020-01-02T16:20:00', before: '2150-01-02T16:20:00' } }] } },
  hours: { allow: { and: [{ time_of_day: { timezone: 'UTC', after: '2:20:00', before: '4:30PM' } }] } },
  'any device': [{ allow: { or: [{ device: { type: 'any' } }] } }],
  'some devices': [
    { allow: { or: [{ device: { is: '5Vn3C1RS' } }, { device: { approved: true, type: 'enclave_only' } }] } },
  ],
  'a record': { allow: { and: [{ record: { type: 'example.com/source', exists: true } }] } },
  'a number in a record': {
    allow: { and: [{ record: { type: 'example.com/source', field: 'trust_score', '>=': 5 } }] },
  },
  'a country in a record': { allow: { and: [{ record: { type: 'example.com/geoip', field: 'country', is: 'US' } }] } },
  'a department in a record': {
    allow: { and: [{ record: { type: 'example.com/hr_user', field: 'departments', has: 'engineering' } }] },
  },
  'an address range': {
    allow: { and: [{ source_ip: '10.0.0.0/8' }] },
    deny: { and: [{ source_ip: ['10.1.2.3', '2001:db8::1'] }] },
  },
  'a path': [{ allow: { and: [{ http_path: { starts_with: '/api' } }, { http_method: { is: 'POST' } }] } }],
  tools: {
    allow: { or: [{ domain: 'example.com' }] },
    deny: { and: [{ mcp_tool: { not_in: ['query', 'list_tables'] } }] },
  },
  SSH: {
    allow: {
      and: [
        { ssh_username_matches_email: true },
        { ssh_username_matches_claim: 'login' },
        { ssh_username: { in: ['ubuntu'] } },
        { ssh_publickey: ['ssh-ed25519 AAAA'] },
        { ssh_ca: 'ssh-ed25519 AAAA' },
      ],
    },
  },
  'its own pages': { allow: { or: [{ pomerium_routes: true }] } },
  'no one but': { allow: { nor: [{ email: 'x@example.com' }, { groups: { exclude: 'y' } }] } },
};

function compile(document: unknown) {
  const compiled = compilePolicy(document, { scope: 'route/x' });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return compiled;
}
const evaluate = (name: string, input: PolicyInput) => evaluatePolicy([compile(documents[name]).policy], input).effect;
const person = (email: string, more: PolicyInput['user'] = {}): PolicyInput => ({
  session: { id: 's' },
  user: { id: email, email, ...more },
});

describe('policies as Pomerium documents them', () => {
  it.each(Object.keys(documents))('compile: %s', (name) => {
    expect(compile(documents[name]).policy.ruleCount).toBeGreaterThan(0);
  });

  it('warn only of what Sallyport does not support, or what means less for a cluster', () => {
    const warned = Object.keys(documents).filter(
      (name) => warningsOf(documents[name], { scope: 'route/x' }).length > 0,
    );
    expect(warned).toEqual(['a claim and a method', 'any device', 'some devices', 'tools', 'SSH', 'its own pages']);
  });

  it('have the same meaning as in Pomerium', () => {
    expect(evaluate('a domain with people left out', person('alice@example.com'))).toBe('allow');
    expect(evaluate('a domain with people left out', person('bob@example.com'))).toBe('deny');
    expect(evaluate('a domain with people left out', {})).toBe('authenticate');
    expect(evaluate('two operators in one rule', person('x@two.example'))).toBe('allow');
    expect(
      evaluate('two operators in one rule', person('x@three.example', { claims: { family_name: ['Smith'] } })),
    ).toBe('allow');
    expect(evaluate('everyone', {})).toBe('allow');
    expect(
      evaluate('a claim and a method', {
        ...person('x', { claims: { family_name: 'Smith' } }),
        request: { method: 'POST' },
      }),
    ).toBe('deny');
    expect(
      evaluate('a claim and a method', {
        ...person('x', { claims: { family_name: 'Smith' } }),
        request: { method: 'GET' },
      }),
    ).toBe('allow');
    expect(evaluate('a verified address', person('x@example.com', { claims: { email_verified: true } }))).toBe('allow');
    expect(evaluate('an address range', { request: { ip: '10.1.2.3' } })).toBe('deny');
    expect(evaluate('an address range', { request: { ip: '10.1.2.4' } })).toBe('allow');
    expect(evaluate('a number in a record', { records: { 'example.com/source': { trust_score: 7 } } })).toBe('allow');
    expect(evaluate('any device', person('x'))).toBe('deny');
    expect(evaluate('any device', {})).toBe('authenticate');
    expect(evaluate('tools', person('x@example.com'))).toBe('allow');
  });
});
