import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRig, type Rig } from '../testing/gateway-rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await createRig((_request, response) => void response.end('{}'));
});
afterEach(() => rig.close());

const browser = [
  'Accept: text/html,application/xhtml+xml,*/*;q=0.8',
  'Sec-Fetch-Mode: navigate',
  'Sec-Fetch-Dest: document',
];
const get = (path: string, lines: readonly string[], host = 'gate.example.com:8443') =>
  rig.raw(
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${lines.map((line) => `${line}\r\n`).join('')}Connection: close\r\n\r\n`,
  );

describe('a browser at the address of a cluster', () => {
  it('gets a page that says how clusters are used, and the request is refused and recorded as any other', async () => {
    const answer = await get('/clusters/dev/api/v1/pods', browser);
    expect(answer).toMatch(/^HTTP\/1.1 401 /);
    expect(answer).toMatch(/content-type: text\/html/i);
    expect(answer).toMatch(/www-authenticate: /i);
    expect(answer).toContain("default-src 'none'");
    expect(answer).toContain('sallyport login gate.example.com --ca-fingerprint FINGERPRINT<');
    expect(answer).toContain('Ask the operator of the gateway for it');
    expect(answer).toContain('<a href="https://gate.example.com/">Your clusters</a>');
    expect(rig.seen).toEqual([]);
    expect(rig.events.at(-1)!.data).toMatchObject({ responseStatus: { code: 401 } });
  });

  it('learns nothing about which clusters there are', async () => {
    const pages = await Promise.all(['dev', 'missing'].map((name) => get(`/clusters/${name}/`, browser)));
    const [one, other] = pages.map((text) => text.slice(text.indexOf('<!doctype')));
    expect(one).toMatch(/^<!doctype html>/);
    expect(other).toBe(one);
  });

  it('gets a Status on every other host, so that no host is told apart from another', async () => {
    for (const host of ['evil.example', 'dev.clusters.example.com', 'gate.example.com.evil.example', 'localhost'])
      expect(await get('/clusters/dev/', browser, host)).toContain('"kind":"Status"');
  });

  it.each([
    ['a program', ['Accept: application/json']],
    ['a program that takes anything', ['Accept: */*']],
    ['a script of a page', [browser[0]!, 'Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty']],
    ['a frame', [browser[0]!, 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe']],
  ])('is told apart from %s, which gets a Status', async (_who, lines) => {
    const answer = await get('/clusters/dev/api/v1/pods', lines);
    expect(answer).toMatch(/^HTTP\/1.1 401 /);
    expect(answer).toContain('"kind":"Status"');
  });
});
