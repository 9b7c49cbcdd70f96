import type { PolicyInput } from '../input/policy-input.ts';
import { aliceCertificate, aliceHashes } from './certificates.ts';
import { anonymous, textRows, type Row } from './criteria-row.ts';

const certificate = (clientCertificate: NonNullable<PolicyInput['request']>['clientCertificate']): PolicyInput => ({
  request: { clientCertificate },
});
const preflight = (method: string, headers?: Record<string, string>): PolicyInput => ({ request: { method, headers } });
const at = (text: string): PolicyInput => ({ now: Date.parse(text) });
const corsHeaders = { Origin: 'https://a.example', 'Access-Control-Request-Method': 'GET' };

/** Rows of the criteria about the request and the time. */
export const requestRows: Row[] = [
  ['source_ip', '10.1.2.3', { request: { ip: '10.1.2.3' } }, true, 'source-ip-ok'],
  ['source_ip', '10.1.2.3', { request: { ip: '10.1.2.4' } }, false, 'source-ip-unauthorized'],
  ['source_ip', '192.168.1.1/24', { request: { ip: '192.168.1.200' } }, true, 'source-ip-ok'],
  ['source_ip', ['10.0.0.1', '2001:db8::/32'], { request: { ip: '2001:db8:1:2:3:4:5:6' } }, true, 'source-ip-ok'],
  ['source_ip', ['10.0.0.1', '2001:db8::/32'], { request: { ip: '2001:ffff::1' } }, false, 'source-ip-unauthorized'],
  ['source_ip', '10.0.0.0/8', { request: { ip: '::ffff:10.9.8.7' } }, true, 'source-ip-ok'],
  ['source_ip', '0.0.0.0/0', anonymous, false, 'source-ip-unauthorized'],
  ...textRows('http_method', 'http-method', (method) => ({ request: { method } }), [anonymous, { request: {} }]),
  ...textRows('http_path', 'http-path', (path) => ({ request: { path } }), [anonymous, { request: {} }]),
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
  ['cors_preflight', true, anonymous, false, 'non-cors-request'],
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
    ['client_certificate', data, anonymous, false, 'client-certificate-unauthorized'],
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
  ['invalid_client_certificate', true, anonymous, true, 'client-certificate-required'],
  ['date', { after: '2020-01-02T16:20:00' }, at('2020-01-02T16:20:01Z'), true, 'date-ok'],
  ['date', { after: '2020-01-02T16:20:00' }, at('2020-01-02T16:20:00Z'), false, 'date-unauthorized'],
  ['date', { before: '2020-01-02T16:20:00+02:00' }, at('2020-01-02T14:19:59Z'), true, 'date-ok'],
  ['date', { before: '2020-01-02T16:20:00+02:00' }, at('2020-01-02T14:20:00Z'), false, 'date-unauthorized'],
  ['date', { after: '2020-01-02', before: '2020-01-03' }, at('2020-01-02T12:00:00Z'), true, 'date-ok'],
  ['date', { after: '2020-01-02', before: '2020-01-03' }, at('2020-01-03T12:00:00Z'), false, 'date-unauthorized'],
  ['date', { after: '2020-01-02' }, anonymous, false, 'date-unauthorized'],
  ['day_of_week', '*', at('2026-03-01T12:00:00Z'), true, 'day-of-week-ok'],
  ['day_of_week', 'sat,sun', at('2026-03-01T12:00:00Z'), true, 'day-of-week-ok'],
  ['day_of_week', 'mon-fri', at('2026-03-01T12:00:00Z'), false, 'day-of-week-unauthorized'],
  ['day_of_week', 'Tuesday-Friday', at('2026-03-03T12:00:00Z'), true, 'day-of-week-ok'],
  ['day_of_week', '*', anonymous, false, 'day-of-week-unauthorized'],
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
  ['time_of_day', { timezone: 'UTC', before: '23:59' }, anonymous, false, 'time-of-day-unauthorized'],
];
