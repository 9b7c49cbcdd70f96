import { expect, it } from '@jest/globals';
import { isLanding } from './own-addresses.ts';

const browser = 'text/html,application/xhtml+xml,*/*;q=0.8';
type Asked = { method?: string; url?: string; host?: string[]; headers?: Record<string, string> };
const ask = ({ method = 'GET', url = '/', host = ['gate.example.com:8443'], headers = { accept: browser } }: Asked) =>
  isLanding(
    { method, url, headers, rawHeaders: host.flatMap((one) => ['Host', one]) },
    'https://gate.example.com:8443',
  );

it.each<Asked>([
  {},
  { method: 'HEAD' },
  { url: '/?done=stream' },
  { url: '/?' },
  { url: '/console' },
  { url: '/console/trail?user=x' },
  { host: ['gate.example.com'] },
  { host: ['GATE.example.com:443'] },
  { headers: { accept: 'text/html' } },
])('%j is a browser that asks for the page', (asked) => {
  expect(ask(asked)).toBe(true);
});

it.each<Asked>([
  { headers: {} },
  { headers: { accept: '*/*' } },
  { headers: { accept: 'application/json' } },
  { headers: { accept: browser, authorization: 'Bearer spt_x' } },
  { headers: { accept: browser, 'x-pomerium-authorization': 'x' } },
  { headers: { accept: browser, upgrade: 'websocket' } },
  { url: '/console', headers: { accept: '*/*' } },
  { url: '/console', headers: { accept: browser, authorization: 'Bearer spt_x' } },
  { url: '/console', method: 'POST' },
  { url: '/console', host: ['dev.example.com'] },
  ...['POST', 'PUT', 'DELETE', 'OPTIONS', 'CONNECT', 'get'].map((method) => ({ method })),
  ...[
    '',
    '//',
    '/.',
    '/./',
    '/..',
    '/%2e',
    '/%2f',
    '/\\',
    '/;',
    '/ ',
    '/x',
    '/index.html',
    '/#',
    '*',
    '?',
    '/clusters/dev/',
    '/consoles',
    '/console.json',
    '/x/console',
    '//console',
    '/.sallyport/../clusters/dev',
    'https://gate.example.com:8443/',
    'http://gate.example.com:8443',
    'gate.example.com:8443',
  ].map((url) => ({ url })),
  ...[
    'dev.example.com',
    'evil.example',
    'gate.example.com.evil.example',
    'xgate.example.com',
    '127.0.0.1:8443',
    '',
  ].map((one) => ({ host: [one] })),
  { host: [] },
  { host: ['gate.example.com', 'gate.example.com'] },
  { host: ['gate.example.com, dev.example.com'] },
])('%j is not: it is a client of a cluster, or it is refused', (asked) => {
  expect(ask(asked)).toBe(false);
});
