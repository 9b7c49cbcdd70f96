import { describe, expect, it } from '@jest/globals';
import { criteria } from '../criteria/index.ts';
import { evaluateCriterion } from '../testing/evaluate-criterion.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import { reasons } from '../language/reasons.ts';
import { aliceCertificate, aliceHashes } from '../testing/certificates.ts';

// The language as data: key, data of the criterion, input, whether it holds, reason. What the engine says is held to
// it.
type Row = [key: string, data: unknown, input: PolicyInput, holds: boolean, reason: string];

const session = { id: 's' };
const nobody: PolicyInput = {};

/** Each operator of a string matcher with a text that it matches and one that it does not. */
const stringOperators: [data: unknown, matching: string, other: string][] = [
  ['abc', 'abc', 'Abc'],
  [{ is: 'abc' }, 'abc', 'abcd'],
  [{ not: 'abc' }, 'abd', 'abc'],
  [{ contains: 'b' }, 'abc', 'aBc'],
  [{ starts_with: 'ab' }, 'abc', 'cab'],
  [{ ends_with: 'bc' }, 'abc', 'bca'],
  [{ in: ['x', 'abc'] }, 'abc', 'ab'],
  [{ not_in: ['x', 'y'] }, 'abc', 'x'],
  [{ starts_with: 'a', ends_with: 'c', not: 'aXc' }, 'abc', 'aXc'],
];

/**
 * Each operator of a list matcher with a list that it matches, one that it does not, and what it says of a missing
 * list.
 */
const listOperators: [data: unknown, matching: unknown, other: unknown, missing: boolean][] = [
  ['a', ['b', 'a'], ['b', 'ab'], false],
  [{ has: 'a' }, ['a'], [], false],
  [{ is: 'a' }, ['a'], ['a', 'b'], false],
  [{ exclude: 'a' }, ['b'], ['b', 'a'], true],
  [{ has: 'a', exclude: 'b' }, ['a', 'c'], ['a', 'b'], false],
];

function textRows(
  key: string,
  reason: string,
  put: (text: string) => PolicyInput,
  missing: PolicyInput[],
  loggedOut?: PolicyInput,
): Row[] {
  return stringOperators.flatMap(([data, matching, other]): Row[] => [
    [key, data, put(matching), true, `${reason}-ok`],
    [key, data, put(other), false, `${reason}-unauthorized`],
    ...missing.map((input): Row => [key, data, input, false, `${reason}-unauthorized`]),
    ...(loggedOut ? [[key, data, loggedOut, false, 'user-unauthenticated'] as Row] : []),
  ]);
}

function listRows(
  key: string,
  reason: string,
  put: (list: unknown) => PolicyInput,
  missing: PolicyInput,
  loggedOut: PolicyInput,
): Row[] {
  return listOperators.flatMap(([data, matching, other, ofMissing]): Row[] => [
    [key, data, put(matching), true, `${reason}-ok`],
    [key, data, put(other), false, `${reason}-unauthorized`],
    [key, data, missing, ofMissing, ofMissing ? `${reason}-ok` : `${reason}-unauthorized`],
    [key, data, loggedOut, false, 'user-unauthenticated'],
  ]);
}

const kubernetes = (members: PolicyInput['kubernetes']): PolicyInput => ({ kubernetes: members });
const ofUser = (user: PolicyInput['user']): PolicyInput => ({ session, user });
const certificate = (clientCertificate: NonNullable<PolicyInput['request']>['clientCertificate']): PolicyInput => ({
  request: { clientCertificate },
});
const preflight = (method: string, headers?: Record<string, string>): PolicyInput => ({ request: { method, headers } });
const at = (text: string): PolicyInput => ({ now: Date.parse(text) });
const corsHeaders = { Origin: 'https://a.example', 'Access-Control-Request-Method': 'GET' };

const rows: Row[] = [
  ...[true, false, null, 'x'].map((data): Row => ['accept', data, nobody, true, 'accept']),
  ...[true, false, null, 'x'].map((data): Row => ['reject', data, ofUser({ id: 'a' }), false, 'reject']),
  ...[true, false, null].flatMap((data): Row[] => [
    ['authenticated_user', data, ofUser({ id: 'a' }), true, 'user-ok'],
    ['authenticated_user', data, ofUser({}), false, 'user-unauthorized'],
    ['authenticated_user', data, { user: { id: 'a' } }, false, 'user-unauthenticated'],
  ]),
  ...textRows('user', 'user', (id) => ofUser({ id }), [{ session }, ofUser({})], { user: { id: 'abc' } }),
  ...textRows('email', 'email', (email) => ofUser({ email }), [{ session }, ofUser({})], { user: { email: 'abc' } }),
  ...textRows(
    'domain',
    'domain',
    (text) => ofUser({ email: `x@${text}` }),
    [{ session }, ofUser({}), ofUser({ email: 'abc' }), ofUser({ email: 'x@abc@y' })],
    { user: { email: 'x@abc' } },
  ),
  ...listRows(
    'groups',
    'groups',
    (groups) => ofUser({ groups: groups as string[] }),
    { session },
    { user: { groups: ['a'] } },
  ),
  ...listRows('claim/c', 'claim', (c) => ofUser({ claims: { c } }), { session }, { user: { claims: { c: ['a'] } } }),
  ...listRows(
    'claim/x.y/z',
    'claim',
    (z) => ({ session: { id: 's', claims: { x: { y: { z } } } } }),
    { session: { id: 's', claims: { x: { y: 'a' } } } },
    nobody,
  ),
  ['claim/c', 'a', ofUser({ claims: { c: 'a' } }), true, 'claim-ok'],
  ['claim/c', true, ofUser({ claims: { c: true } }), true, 'claim-ok'],
  ['claim/c', true, ofUser({ claims: { c: 'true' } }), false, 'claim-unauthorized'],
  ['claim/c', 5, ofUser({ claims: { c: [4, 5] } }), true, 'claim-ok'],
  [
    'claim/c',
    'a',
    { session: { id: 's', claims: { c: 'a' } }, user: { claims: { c: 'b' } } },
    false,
    'claim-unauthorized',
  ],
  ['record', { type: 't', exists: true }, { records: { t: {} } }, true, 'record-ok'],
  ['record', { type: 't', exists: true }, nobody, false, 'record-unauthorized'],
  ['record', { type: 't', exists: false }, nobody, true, 'record-ok'],
  ['record', { type: 't', exists: false }, { records: { t: {} } }, false, 'record-unauthorized'],
  ...stringOperators
    .filter(([data]) => typeof data === 'object')
    .flatMap(([data, matching, other]): Row[] => [
      [
        'record',
        { type: 't', field: 'f', ...(data as object) },
        { records: { t: { f: matching } } },
        true,
        'record-ok',
      ],
      [
        'record',
        { type: 't', field: 'f', ...(data as object) },
        { records: { t: { f: other } } },
        false,
        'record-unauthorized',
      ],
      ['record', { type: 't', field: 'f', ...(data as object) }, { records: { t: {} } }, false, 'record-unauthorized'],
      ['record', { type: 't', field: 'f', ...(data as object) }, nobody, false, 'record-unauthorized'],
    ]),
  ...(
    [
      ['<', 4, 5],
      ['<=', 5, 6],
      ['=', 5, 4],
      ['>', 6, 5],
      ['>=', 5, 4],
    ] as const
  ).flatMap(([operator, yes, no]): Row[] => [
    ['record', { type: 't', field: 'f', [operator]: 5 }, { records: { t: { f: yes } } }, true, 'record-ok'],
    ['record', { type: 't', field: 'f', [operator]: 5 }, { records: { t: { f: no } } }, false, 'record-unauthorized'],
    [
      'record',
      { type: 't', field: 'f', [operator]: 5 },
      { records: { t: { f: String(yes) } } },
      false,
      'record-unauthorized',
    ],
    ['record', { type: 't', field: 'f', [operator]: 5 }, nobody, false, 'record-unauthorized'],
  ]),
  ['record', { type: 't', field: 'f', has: 'a' }, { records: { t: { f: ['b', 'a'] } } }, true, 'record-ok'],
  ['record', { type: 't', field: 'f', has: 'a' }, { records: { t: { f: ['b'] } } }, false, 'record-unauthorized'],
  ['record', { type: 't', field: 'f', exclude: 'a' }, nobody, true, 'record-ok'],
  ...textRows(
    'acr',
    'acr',
    (acr) => ({ session: { id: 's', acr } }),
    [{ session }, { session: { id: 's', acr: '' } }],
    { now: 0 },
  ),
  ...listRows('amr', 'amr', (amr) => ({ session: { id: 's', amr: amr as string[] } }), { session }, { now: 0 }),
  ['auth_time', { after: '1970-01-01T00:00:01Z' }, { session: { id: 's', authTime: 1001 } }, true, 'auth-time-ok'],
  [
    'auth_time',
    { after: '1970-01-01T00:00:01Z' },
    { session: { id: 's', authTime: 1000 } },
    false,
    'auth-time-unauthorized',
  ],
  ['auth_time', { before: '2999-01-01' }, { session }, false, 'auth-time-unauthorized'],
  ['auth_time', { before: '2999-01-01' }, nobody, false, 'user-unauthenticated'],
  ['max_age', '1s', { session: { id: 's', authTime: 1000 }, now: 2000 }, true, 'max-age-ok'],
  ['max_age', '1s', { session: { id: 's', authTime: 1000 }, now: 2001 }, false, 'max-age-unauthorized'],
  ['max_age', '1s', { session, now: 0 }, false, 'max-age-unauthorized'],
  ['max_age', '1s', { now: 0 }, false, 'user-unauthenticated'],
  ['device', { type: 'any' }, { session }, false, 'device-unauthenticated'],
  ['device', { is: 'x', approved: true }, nobody, false, 'user-unauthenticated'],
  ['source_ip', '10.1.2.3', { request: { ip: '10.1.2.3' } }, true, 'source-ip-ok'],
  ['source_ip', '10.1.2.3', { request: { ip: '10.1.2.4' } }, false, 'source-ip-unauthorized'],
  ['source_ip', '192.168.1.1/24', { request: { ip: '192.168.1.200' } }, true, 'source-ip-ok'],
  ['source_ip', ['10.0.0.1', '2001:db8::/32'], { request: { ip: '2001:db8:1:2:3:4:5:6' } }, true, 'source-ip-ok'],
  ['source_ip', ['10.0.0.1', '2001:db8::/32'], { request: { ip: '2001:ffff::1' } }, false, 'source-ip-unauthorized'],
  ['source_ip', '10.0.0.0/8', { request: { ip: '::ffff:10.9.8.7' } }, true, 'source-ip-ok'],
  ['source_ip', '0.0.0.0/0', nobody, false, 'source-ip-unauthorized'],
  ...textRows('http_method', 'http-method', (method) => ({ request: { method } }), [nobody, { request: {} }]),
  ...textRows('http_path', 'http-path', (path) => ({ request: { path } }), [nobody, { request: {} }]),
  ['cors_preflight', true, preflight('OPTIONS', corsHeaders), true, 'cors-request'],
  [
    'cors_preflight',
    true,
    preflight('OPTIONS', { origin: 'x', 'access-control-request-method': 'GET' }),
    true,
    'cors-request',
  ],
  ['cors_preflight', true, preflight('GET', corsHeaders), false, 'non-cors-request'],
  ['cors_preflight', true, preflight('OPTIONS', { Origin: 'x' }), false, 'non-cors-request'],
  ['cors_preflight', true, preflight('OPTIONS'), false, 'non-cors-request'],
  ['cors_preflight', true, nobody, false, 'non-cors-request'],
  ...(
    [
      [{ fingerprint: aliceHashes.fingerprint }, true],
      [{ fingerprint: ['0'.repeat(64), aliceHashes.longFingerprint] }, true],
      [{ fingerprint: '0'.repeat(64) }, false],
      [{ spki_hash: aliceHashes.spkiHash }, true],
      [{ spki_hash: [`${'A'.repeat(43)}=`] }, false],
      [{ san_email: 'al@example.org' }, true],
      [{ san_email: { ends_with: '@example.net' } }, false],
      [{ san_dns: { starts_with: 'two.' } }, true],
      [{ san_dns: 'three.example.com' }, false],
      [{ san_uri: { in: ['spiffe://example.com/a'] } }, true],
      [{ san_uri: { contains: 'bob' } }, false],
      [{ fingerprint: aliceHashes.fingerprint, san_dns: 'three.example.com' }, false],
      [{}, true],
    ] as const
  ).flatMap(([data, holds]): Row[] => [
    [
      'client_certificate',
      data,
      certificate({ leaf: `\n${aliceCertificate}\n` }),
      holds,
      holds ? 'client-certificate-ok' : 'client-certificate-unauthorized',
    ],
    ['client_certificate', data, nobody, false, 'client-certificate-unauthorized'],
    ['client_certificate', data, certificate({ leaf: 'nonsense' }), false, 'client-certificate-unauthorized'],
  ]),
  [
    'invalid_client_certificate',
    true,
    certificate({ presented: true, valid: true }),
    false,
    'valid-client-certificate',
  ],
  [
    'invalid_client_certificate',
    true,
    certificate({ presented: true, valid: false }),
    true,
    'invalid-client-certificate',
  ],
  ['invalid_client_certificate', true, certificate({ presented: true }), true, 'invalid-client-certificate'],
  ['invalid_client_certificate', true, certificate({ presented: false }), true, 'client-certificate-required'],
  ['invalid_client_certificate', true, nobody, true, 'client-certificate-required'],
  ['date', { after: '2020-01-02T16:20:00' }, at('2020-01-02T16:20:01Z'), true, 'date-ok'],
  ['date', { after: '2020-01-02T16:20:00' }, at('2020-01-02T16:20:00Z'), false, 'date-unauthorized'],
  ['date', { before: '2020-01-02T16:20:00+02:00' }, at('2020-01-02T14:19:59Z'), true, 'date-ok'],
  ['date', { before: '2020-01-02T16:20:00+02:00' }, at('2020-01-02T14:20:00Z'), false, 'date-unauthorized'],
  ['date', { after: '2020-01-02', before: '2020-01-03' }, at('2020-01-02T12:00:00Z'), true, 'date-ok'],
  ['date', { after: '2020-01-02', before: '2020-01-03' }, at('2020-01-03T12:00:00Z'), false, 'date-unauthorized'],
  ['date', { after: '2020-01-02' }, nobody, false, 'date-unauthorized'],
  ['day_of_week', '*', at('2026-03-01T12:00:00Z'), true, 'day-of-week-ok'],
  ['day_of_week', 'sat,sun', at('2026-03-01T12:00:00Z'), true, 'day-of-week-ok'],
  ['day_of_week', 'mon-fri', at('2026-03-01T12:00:00Z'), false, 'day-of-week-unauthorized'],
  ['day_of_week', 'Tuesday-Friday', at('2026-03-03T12:00:00Z'), true, 'day-of-week-ok'],
  ['day_of_week', '*', nobody, false, 'day-of-week-unauthorized'],
  [
    'time_of_day',
    { timezone: 'UTC', after: '2:20:00', before: '4:30PM' },
    at('2026-03-01T16:29:59Z'),
    true,
    'time-of-day-ok',
  ],
  [
    'time_of_day',
    { timezone: 'UTC', after: '2:20:00', before: '4:30PM' },
    at('2026-03-01T16:30:00Z'),
    false,
    'time-of-day-unauthorized',
  ],
  ['time_of_day', { timezone: 'America/Phoenix', after: '8 AM' }, at('2026-03-01T15:00:01Z'), true, 'time-of-day-ok'],
  [
    'time_of_day',
    { timezone: 'America/Phoenix', after: '8 AM' },
    at('2026-03-01T14:59:59Z'),
    false,
    'time-of-day-unauthorized',
  ],
  ['time_of_day', { timezone: 'UTC', before: '23:59' }, nobody, false, 'time-of-day-unauthorized'],
  ...textRows('k8s/cluster', 'k8s-cluster', (cluster) => kubernetes({ cluster }), [
    nobody,
    kubernetes({ cluster: '' }),
  ]),
  ...textRows('k8s/verb', 'k8s-verb', (verb) => kubernetes({ verb }), [nobody, kubernetes({ verb: '' })]),
  ...textRows('k8s/namespace', 'k8s-namespace', (namespace) => kubernetes({ namespace }), [
    nobody,
    kubernetes({ namespace: '' }),
  ]),
  ...textRows('k8s/name', 'k8s-name', (name) => kubernetes({ name }), [nobody, kubernetes({ name: '' })]),
  ['k8s/namespace', 'dev', kubernetes({ verb: 'list', resource: 'pods' }), false, 'k8s-namespace-open'],
  ['k8s/name', 'web', kubernetes({ verb: 'list', resource: 'pods', namespace: 'dev' }), false, 'k8s-name-open'],
  ...textRows(
    'k8s/non_resource_path',
    'k8s-non-resource-path',
    (path) => kubernetes({ isResourceRequest: false, path }),
    [nobody, kubernetes({ path: 'abc' }), kubernetes({ isResourceRequest: true, path: 'abc' })],
  ),
  ...textRows(
    'k8s/label_selector',
    'k8s-label-selector',
    (labelSelector) => kubernetes({ verb: 'list', labelSelector }),
    [nobody, kubernetes({ verb: 'list' }), kubernetes({ verb: 'get', labelSelector: 'abc' })],
  ),
  ...textRows(
    'k8s/field_selector',
    'k8s-field-selector',
    (fieldSelector) => kubernetes({ verb: 'watch', fieldSelector }),
    [nobody, kubernetes({ verb: 'watch' }), kubernetes({ verb: 'create', fieldSelector: 'abc' })],
  ),
  ['k8s/verb', ['get', 'list'], kubernetes({ verb: 'list' }), true, 'k8s-verb-ok'],
  ['k8s/verb', ['get', 'list'], kubernetes({ verb: 'watch' }), false, 'k8s-verb-unauthorized'],
  ['k8s/resource', 'pods/exec', kubernetes({ resource: 'pods', subresource: 'exec' }), true, 'k8s-resource-ok'],
  ['k8s/resource', 'pods/exec', kubernetes({ resource: 'pods' }), false, 'k8s-resource-unauthorized'],
  ['k8s/resource', '*', nobody, false, 'k8s-resource-unauthorized'],
  [
    'k8s/shell_equivalent',
    true,
    kubernetes({ resource: 'pods', subresource: 'exec' }),
    true,
    'k8s-shell-equivalent-ok',
  ],
  [
    'k8s/shell_equivalent',
    true,
    kubernetes({ resource: 'pods', subresource: 'log' }),
    false,
    'k8s-shell-equivalent-unauthorized',
  ],
  ['k8s/shell_equivalent', false, kubernetes({ resource: 'pods' }), true, 'k8s-shell-equivalent-ok'],
  ['k8s/shell_equivalent', false, nobody, false, 'k8s-shell-equivalent-unauthorized'],
  ['k8s/exec_command', { program: 'ls' }, kubernetes({ exec: { command: ['ls', '-l'] } }), true, 'k8s-exec-command-ok'],
  [
    'k8s/exec_command',
    { program: 'ls' },
    kubernetes({ exec: { command: ['sh', 'ls'] } }),
    false,
    'k8s-exec-command-unauthorized',
  ],
  [
    'k8s/exec_command',
    { argv: ['ls', '-l'] },
    kubernetes({ exec: { command: ['ls', '-l'] } }),
    true,
    'k8s-exec-command-ok',
  ],
  [
    'k8s/exec_command',
    { argv: ['ls'] },
    kubernetes({ exec: { command: ['ls', '-l'] } }),
    false,
    'k8s-exec-command-unauthorized',
  ],
  ['k8s/exec_command', { program: { not: 'sh' } }, nobody, false, 'k8s-exec-command-unauthorized'],
  [
    'k8s/exec_command',
    { program: { not: 'sh' } },
    kubernetes({ exec: { command: [] } }),
    false,
    'k8s-exec-command-unauthorized',
  ],
  ['k8s/dry_run', true, kubernetes({ verb: 'create', dryRun: true }), true, 'k8s-dry-run-ok'],
  ['k8s/dry_run', true, kubernetes({ verb: 'create' }), false, 'k8s-dry-run-unauthorized'],
  ['k8s/dry_run', false, kubernetes({ verb: 'create' }), true, 'k8s-dry-run-ok'],
  ['k8s/dry_run', false, nobody, false, 'k8s-dry-run-unauthorized'],
  ['elevation', 'admin', { session, elevations: ['other', 'admin'] }, true, 'elevation-ok'],
  ['elevation', ['x', 'admin'], { session, elevations: ['admin'] }, true, 'elevation-ok'],
  ['elevation', 'admin', { session, elevations: ['administrator'] }, false, 'elevation-unauthorized'],
  ['elevation', 'admin', { session }, false, 'elevation-unauthorized'],
  ['elevation', 'admin', { elevations: ['admin'] }, false, 'user-unauthenticated'],
  ['expression', 'request.method == "GET"', { request: { method: 'GET' } }, true, 'expression-ok'],
  ['expression', 'request.method == "GET"', { request: { method: 'PUT' } }, false, 'expression-unauthorized'],
  ['expression', 'request.method == "GET"', nobody, false, 'expression-error'],
  [
    'expression',
    'kubernetes.namespace == "dev"',
    kubernetes({ verb: 'list', resource: 'pods' }),
    false,
    'expression-open',
  ],
  ['expression', '"a" in user.groups', nobody, false, 'user-unauthenticated'],
  ['mcp_tool', { not: 'x' }, ofUser({ id: 'a' }), false, 'mcp-tool-unauthorized'],
  ['ssh_publickey', 'ssh-ed25519 AAAA', ofUser({ id: 'a' }), false, 'ssh-publickey-unauthorized'],
  ['ssh_ca', ['ssh-ed25519 AAAA'], ofUser({ id: 'a' }), false, 'ssh-publickey-unauthorized'],
  ['ssh_username', 'root', ofUser({ id: 'a' }), false, 'ssh-username-unauthorized'],
  ['ssh_username_matches_email', true, ofUser({ id: 'a' }), false, 'ssh-username-unauthorized'],
  ['ssh_username_matches_email', true, nobody, false, 'user-unauthenticated'],
  ['ssh_username_matches_claim', 'login', ofUser({ id: 'a' }), false, 'ssh-username-unauthorized'],
  ['ssh_username_matches_claim', 'login', nobody, false, 'user-unauthenticated'],
  ['pomerium_routes', true, nobody, false, 'non-pomerium-route'],
];

const nameOf = (key: string) => (key.startsWith('claim/') ? 'claim' : key);
const byCriterion = Map.groupBy(rows, ([key]) => nameOf(key));

describe('the table of criteria', () => {
  it.each([...byCriterion.keys()])('%s judges as the table says', (name) => {
    for (const [key, data, input, holds, reason] of byCriterion.get(name)!) {
      expect({ key, data, input, verdict: evaluateCriterion(key, data, input) }).toEqual({
        key,
        data,
        input,
        verdict: [holds, reason],
      });
    }
  });

  it('has every criterion, with every reason that its description names, and no other', () => {
    expect([...byCriterion.keys()].sort()).toEqual(criteria.map(({ name }) => name).sort());
    for (const { name, doc } of criteria) {
      const given = [...new Set(byCriterion.get(name)!.map((row) => row[4]))].sort();
      expect({ name, given }).toEqual({ name, given: [...doc.reasons].sort() });
    }
  });

  it('has both outcomes of whatever can hold', () => {
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

  it('uses up the closed set of reasons', () => {
    expect(new Set(rows.map((row) => row[4]))).toEqual(new Set(reasons));
  });
});
