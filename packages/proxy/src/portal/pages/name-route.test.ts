import { expect, it } from '@jest/globals';
import type { Request, Response } from 'express';
import { nameRoute } from './name-route.ts';

const name = (headers: Record<string, string>, host = 'app.example.com') => {
  const locals: Record<string, unknown> = {};
  const handler = nameRoute({ routeOrigin: (one) => (one === 'app.example.com' ? `https://${one}` : undefined) });
  const request = { headers, params: { host: Buffer.from(host).toString('base64url') } };
  void handler(request as unknown as Request, { locals } as unknown as Response, () => (locals['passed'] = true));
  return locals;
};

it.each<Record<string, string>>([
  {},
  { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'cross-site' },
])('names the application for what opens a page, in browsers old and new: %j', (headers) => {
  expect(name(headers)).toEqual({ route: 'https://app.example.com', passed: true });
});

it.each<Record<string, string>>([
  { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
  { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
  { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
  { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'empty' },
  { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document, image' },
  { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-purpose': 'prefetch;prerender' },
])('refuses what opens no page, so that no code is issued for it: %j', (headers) => {
  expect(() => name(headers)).toThrow(/opens a page, and is not for scripts/);
});

it('refuses an application that the gateway does not have', () => {
  expect(() => name({}, 'evil.example')).toThrow('There is no such application here.');
});
