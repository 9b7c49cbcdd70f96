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
            expect(new URL(read(text).origin).origin).toBe(new URL(text).origin);
          } catch (error) {
            expect(error).toBeInstanceOf(CliError);
          }
        }
      }),
    );
  });
});
