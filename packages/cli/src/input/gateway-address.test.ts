import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CliError } from '../terminal/cli-error.ts';
import { gatewayAddress, serverAddress } from './gateway-address.ts';

describe('the server of a kubeconfig', () => {
  it.each([
    ['https://gate.example.com:8443/clusters/dev', 'https://gate.example.com:8443', 'dev'],
    ['https://GATE.example.com:443/clusters/dev/', 'https://gate.example.com', 'dev'],
    ['https://[::1]:8443/clusters/a-1', 'https://[::1]:8443', 'a-1'],
    ['https://dev.example.com', 'https://dev.example.com', undefined],
    ['http://127.0.0.1:8080/clusters/x', 'http://127.0.0.1:8080', 'x'],
  ])('%s belongs to the gateway %s', (text, origin, cluster) => {
    expect(serverAddress(text)).toMatchObject({ origin, ...(cluster === undefined ? {} : { cluster }) });
  });

  it.each([
    'https://gate/clusters',
    'https://gate/clusters/',
    'https://gate/clusters/a/b',
    'https://gate/clusters/A',
    'https://gate/clusters/%61',
    'https://gate/other',
    'http://gate/clusters/a',
    'http://127.0.0.1.example.com/',
    'file:///etc/passwd',
    '',
  ])('rejects %j', (text) => {
    expect(() => serverAddress(text)).toThrow(CliError);
  });

  it('is read or rejected with a message, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl({ withFragments: true, withQueryParameters: true }), fc.string()), (text) => {
        for (const read of [serverAddress, gatewayAddress]) {
          try {
            const { origin } = read(text);
            expect(origin).toBe(new URL(text.includes('://') ? text : `https://${text}`).origin);
          } catch (error) {
            expect(error).toBeInstanceOf(CliError);
          }
        }
      }),
    );
  });
});

describe('the URL of a gateway', () => {
  it.each([
    ['gate.example.com', 'https://gate.example.com'],
    ['GATE.example.com:8443', 'https://gate.example.com:8443'],
    ['localhost:8443/', 'https://localhost:8443'],
    ['[::1]:8443', 'https://[::1]:8443'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ])('may be written as %s', (text, origin) => {
    expect(gatewayAddress(text).origin).toBe(origin);
  });

  it.each([
    ['https://gate.example.com/clusters/dev', /is the address of a cluster, not of a gateway/],
    ['gate.example.com:8443/clusters/dev/', /is the address of a cluster, not of a gateway/],
    ['gate.example.com/login', /has a path/],
    ['alice@gate.example.com', /user name or password/],
    ['javascript:alert(1)', /is not the URL/],
    ['//gate.example.com', /is not the URL/],
    ['ftp://gate.example.com', /is not an https URL/],
    ['', /is not the URL/],
  ])('is not %j', (text, words) => {
    expect(() => gatewayAddress(text)).toThrow(words);
  });

  it('says what to write if it is the address of a cluster', () => {
    let hint: string | undefined;
    try {
      gatewayAddress('gate.example.com:8443/clusters/dev');
    } catch (error) {
      ({ hint } = error as CliError);
    }
    expect(hint).toContain('Write https://gate.example.com:8443.');
  });
});
