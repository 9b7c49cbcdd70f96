import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeConnectorKey } from '../key/connector-key.ts';
import { loadConnectorConfig } from './load-connector-config.ts';

let directory: string;
const { publicKey: gatewayKey } = makeConnectorKey();
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-connector-'));
  writeFileSync(path.join(directory, 'key.pem'), makeConnectorKey().privateKey);
});
afterEach(() => rmSync(directory, { recursive: true }));

const whole = `gateway: https://gate.example.com/\nkeyFile: key.pem\ngatewayPublicKeys: [${gatewayKey}]\n`;
const file = () => path.join(directory, 'connector.yaml');
const load = (text: string) => {
  writeFileSync(file(), text);
  return loadConnectorConfig(file());
};
const faults = (text: string): string => {
  try {
    load(text);
    return '';
  } catch (error) {
    return (error as Error).message.replaceAll(file(), 'connector.yaml');
  }
};

describe('connector.yaml', () => {
  it('needs only the gateway and keys', () => {
    const config = load(whole);
    expect(config).toMatchObject({
      gateway: 'https://gate.example.com',
      reach: [{ host: 'kubernetes.default.svc', port: 443 }],
      carriers: 2,
      drain: 60_000,
      logLevel: 'info',
    });
    expect(config.gatewayKeys).toHaveLength(1);
    expect([config.token, config.listen, config.ca]).toEqual([undefined, undefined, undefined]);
  });

  it('takes what else can be set', () => {
    const config = load(
      `${whole}reach: ['10.0.0.7:6443', '[fd00::1]:443', plc_7.plant:502]\ntoken: {lifetime: 10m}\nlisten: 127.0.0.1:9099\n`,
    );
    expect(config.reach.map(({ host }) => host)).toEqual(['10.0.0.7', 'fd00::1', 'plc_7.plant']);
    expect(config.token).toEqual({
      namespace: 'sallyport',
      serviceAccount: 'sallyport-gateway',
      secret: 'sallyport-connector',
      lifetime: 600_000,
    });
    expect(load(`${whole}token: null\n`).token).toBeNull();
  });

  it.each([
    ['', /^connector\.yaml: gateway: is missing/m],
    ['a: [', /^connector\.yaml:\d+:\d+: /],
    [whole.replace('https:', 'http:'), /^connector\.yaml:1:1: gateway: must begin with https:\/\//],
    [`${whole}reech: []`, /^connector\.yaml:4:1: reech: unknown field \(did you mean reach\?\)/],
    [`${whole}reach: []`, /^connector\.yaml:4:1: reach: is empty/],
    [`${whole}reach: ['*:443']`, /^connector\.yaml:4:9: reach\.0: not an address; write one host and one port/],
    [`${whole}reach: ['*.plant:443']`, /not an address/],
    [`${whole}reach: [plant]`, /not an address/],
    [`${whole}reach: ['plant:0']`, /not an address/],
    [`${whole}reach: ['10.0.0.0/8:443']`, /not an address/],
    [`${whole}reach: ['[::::1]:443']`, /not an address/],
    [`${whole}token: {lifetime: 2h}`, /token\.lifetime: must be from 10m to 1h/],
    [`${whole}token: {serviceAccount: ../../x}`, /token\.serviceAccount: not a name/],
    [`${whole}caFile: missing.crt`, /^connector\.yaml:4:1: caFile: cannot be read \(ENOENT\)/],
    [`${whole}caFile: key.pem`, /caFile: is not a certificate in PEM/],
    [whole.replace('key.pem', 'connector.yaml'), /keyFile: is not an Ed25519 private key/],
    [
      whole.replace(gatewayKey, 'c2VjcmV0'),
      /^connector\.yaml:3:21: gatewayPublicKeys\.0: is not an Ed25519 public key/,
    ],
  ])('reports %j', (text, words) => {
    expect(faults(text)).toMatch(words);
  });

  it('takes no key of another kind, and repeats nothing of a file in a fault', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    writeFileSync(path.join(directory, 'ec.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }));
    expect(faults(whole.replace('key.pem', 'ec.pem'))).toContain('is not an Ed25519 private key');
    writeFileSync(path.join(directory, 'odd.pem'), 'very secret');
    expect(faults(whole.replace('key.pem', 'odd.pem'))).not.toContain('very secret');
  });
});
