import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../config/load-config.ts';
import { checkOwnService } from './check-own-service.ts';

function clashes(gateway: object, more: object = {}): string[] {
  const text = JSON.stringify({ gateway: { url: 'https://gate.example.com', ...gateway }, ...more });
  const faults = checkOwnService(readConfig(text, '/etc/sallyport/sallyport.yaml', {}), 'proxy');
  return faults.flatMap(({ path, message }) => (message.includes('the same port') ? [`${path}: ${message}`] : []));
}
const acme = (settings: object) => ({ tls: { acme: { agreeToTerms: true, ...settings } } });

describe('two listeners of the gateway', () => {
  it('may not have the same port, also that for the challenge http-01', () => {
    expect(clashes({ listen: '0.0.0.0:80', ...acme({ challenge: 'http-01' }) })).toEqual([
      'gateway.tls.acme.httpListen: is the same port as gateway.listen (80)',
    ]);
    const login = { url: 'http://localhost:4999', listen: '127.0.0.1:4999' };
    expect(clashes(acme({ challenge: 'http-01', httpListen: '0.0.0.0:4999' }), { login })).toEqual([
      'login.listen: is the same port as gateway.tls.acme.httpListen (4999)',
    ]);
  });

  it('do not clash if one of them does not listen', () => {
    expect(clashes({ listen: '0.0.0.0:80', ...acme({}) })).toEqual([]);
  });
});
