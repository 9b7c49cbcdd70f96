import { describe, expect, it } from '@jest/globals';
import { findProxy } from './find-proxy.ts';

const nameFor = (origin: string, env: Record<string, string>) => findProxy(origin, env)?.name;
const HTTPS_PROXY = 'http://p:3128';

describe('the proxy for a gateway', () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    ['https://gate.example.com', {}, undefined],
    ['https://gate.example.com', { HTTPS_PROXY: '' }, undefined],
    ['https://gate.example.com', { HTTPS_PROXY }, 'http://p:3128'],
    ['https://gate.example.com', { https_proxy: HTTPS_PROXY }, 'http://p:3128'],
    ['https://gate.example.com', { HTTPS_PROXY, https_proxy: 'http://other:1' }, 'http://p:3128'],
    ['https://gate.example.com', { HTTPS_PROXY: 'p:3128' }, 'http://p:3128'],
    ['https://gate.example.com', { HTTPS_PROXY: 'https://p' }, 'https://p'],
    ['https://gate.example.com', { HTTPS_PROXY: 'http://user:secret@p:3128' }, 'http://p:3128'],
    ['https://gate.example.com', { HTTP_PROXY: HTTPS_PROXY }, undefined],
    ['http://localhost:8080', { HTTPS_PROXY, HTTP_PROXY: HTTPS_PROXY }, undefined],
    ['https://localhost:8443', { HTTPS_PROXY }, undefined],
    ['https://127.1.2.3:8443', { HTTPS_PROXY }, undefined],
    ['https://[::1]:8443', { HTTPS_PROXY }, undefined],
  ])('of %s with %j is %s', (origin, env, name) => {
    expect(nameFor(origin, env)).toBe(name);
  });

  it.each([
    ['gate.example.com', 'https://gate.example.com', true],
    ['GATE.example.com', 'https://gate.example.com', true],
    ['example.com', 'https://gate.example.com', true],
    ['.example.com', 'https://gate.example.com', true],
    ['*.example.com', 'https://gate.example.com', true],
    ['*', 'https://gate.example.com', true],
    ['other.org, example.com', 'https://gate.example.com', true],
    ['example.com:8443', 'https://gate.example.com:8443', true],
    ['example.com:443', 'https://gate.example.com', true],
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.1.2.3', 'https://10.1.2.3:8443', true],
    ['10.1.2.3:8443', 'https://10.1.2.3:8443', true],
    ['fd00::/8', 'https://[fd00::1]', true],
    ['fd00::1', 'https://[fd00::1]', true],
    ['[fd00::1]:8443', 'https://[fd00::1]:8443', true],
    ['.gate.example.com', 'https://gate.example.com', false],
    ['ample.com', 'https://gate.example.com', false],
    ['example.com:8444', 'https://gate.example.com:8443', false],
    ['example.com', 'https://10.1.2.3', false],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.0.0.0/33', 'https://10.1.2.3', false],
    ['10.0.0.0/', 'https://10.1.2.3', false],
    ['0/0', 'https://gate.example.com', false],
    ['10.1.2', 'https://10.1.2.3', false],
    ['fd00::/8', 'https://10.1.2.3', false],
    ['', 'https://gate.example.com', false],
    [',,', 'https://gate.example.com', false],
  ])('with NO_PROXY=%s for %s is left out: %s', (list, origin, direct) => {
    expect(nameFor(origin, { HTTPS_PROXY, NO_PROXY: list })).toBe(direct ? undefined : 'http://p:3128');
    expect(nameFor(origin, { HTTPS_PROXY, no_proxy: list })).toBe(direct ? undefined : 'http://p:3128');
  });

  it.each(['http://', 'http://user:secret@', 'http://user:secret@p:port', 'socks5://user:secret@p:1080'])(
    'is refused without its password if it is %s',
    (text) => {
      const fault = (() => {
        try {
          return findProxy('https://gate.example.com', { HTTPS_PROXY: text });
        } catch (error) {
          return error as Error;
        }
      })();
      expect(fault).toMatchObject({ exit: 'usage', message: expect.stringContaining('HTTPS_PROXY') });
      expect(JSON.stringify([fault, (fault as Error).message, (fault as Error).stack])).not.toContain('secret');
    },
  );
});
