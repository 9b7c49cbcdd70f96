import { describe, expect, it } from '@jest/globals';
import type { ProblemError } from '@sallyport/kit';
import { isConnector, isOwn, onClusterHost } from './calls/own-addresses.ts';
import { createUpstreams, type Upstream } from '../upstream/upstream.ts';
import { readHeaders, readHost } from '../headers/read-headers.ts';

const upstreams = createUpstreams([{ name: 'dev', host: 'dev.k8s.test' } as Upstream]);
const ownAt = (url: string, rawHeaders: string[]) =>
  isOwn({ url, rawHeaders }, onClusterHost({ rawHeaders }, upstreams));
const codeOf = (raw: string[]) => {
  try {
    return readHeaders(raw).host;
  } catch (error) {
    return (error as ProblemError).code;
  }
};

describe('the host of a request', () => {
  it.each([
    'gate',
    'GATE.example.com',
    'gate.example.com:8443',
    '10.0.0.1:1',
    '[::1]',
    '[2001:db8::1]:443',
    'a_b',
    'dev.k8s.test.',
  ])('is the value of its only line: %s', (value) => {
    expect([readHost(['Accept', 'x', 'hOsT', value]), codeOf(['Host', value])]).toEqual([value, value]);
  });

  it.each([
    [['', 'dev.k8s.test']],
    [['dev.k8s.test', '']],
    [['gate', 'dev.k8s.test']],
    [['gate', 'gate']],
    [['', '']],
    [['', '', 'gate']],
    [['gate, dev.k8s.test']],
    [['dev.k8s.test@gate']],
    [['gate dev']],
    [['gate:']],
    [['gate:x']],
    [['gate:1:2']],
    [['http://gate']],
    [['gate/x']],
    [['gate?x']],
    [['gate%2e']],
    [['[::1']],
    [['::1']],
    [['gäte']],
  ])('is refused by every reader if it could be read in two ways: %j', (values) => {
    const raw = values.flatMap((value) => ['Host', value]);
    expect(codeOf(raw)).toBe('bad-request');
    expect(readHost(raw)).toBeUndefined();
    // The gateway's own pages do not answer it, so that the road refuses and records it.
    for (const path of ['/.sallyport/me', '/healthz', '/livez', '/.pomerium/', '/.well-known/pomerium'])
      expect(ownAt(path, raw)).toBe(false);
  });

  it('is empty without a line, or with only an empty one', () => {
    for (const raw of [[], ['Host', '']]) expect([readHost(raw), codeOf(raw)]).toEqual(['', 'bad-request']);
  });

  it("alone decides what is the gateway's own", () => {
    expect(ownAt('/.sallyport/me', ['Host', 'gate'])).toBe(true);
    expect(ownAt('/.sallyport/me', ['Host', 'DEV.k8s.test:8443'])).toBe(false);
    expect(ownAt('/healthz', [])).toBe(true);
    expect(ownAt('http://gate/.sallyport/me', ['Host', 'gate'])).toBe(false);
  });

  it('is recorded as the cluster reads it, like the user agent: the first line of two', () => {
    expect(
      readHeaders([
        'Host',
        'gate',
        'User-Agent',
        'a',
        'User-Agent',
        'b',
        'Kubectl-Session',
        '1',
        'Kubectl-Session',
        '2',
        'Kubectl-Command',
        'get',
        'Kubectl-Command',
        'x',
      ]),
    ).toMatchObject({ userAgent: 'a', kubectlSession: '1', kubectlCommand: 'get' });
  });
});

describe('the address of connectors', () => {
  it('is on the host of the gateway, and on none of a cluster or that could be read in two ways', () => {
    const at = (url: string, ...hosts: string[]) => {
      const rawHeaders = hosts.flatMap((host) => ['Host', host]);
      return isConnector({ url }, onClusterHost({ rawHeaders }, upstreams));
    };
    expect(at('/.sallyport/connector', 'gate.example.com')).toBe(true);
    expect(at('/.sallyport/connector?x', '10.0.0.1:8443')).toBe(true);
    expect(at('/.sallyport/connector', 'dev.k8s.test')).toBe(false);
    expect(at('/.sallyport/connector', 'gate', 'gate')).toBe(false);
    for (const url of ['/.sallyport/connector/', '/.sallyport/connectors', '/']) expect(at(url, 'gate')).toBe(false);
  });
});
