import { describe, expect, it } from '@jest/globals';
import { kafkaSchema, warnOfClearKafka } from './kafka.ts';

const password = { username: 'gateway', password: 'planted' };
const token = {
  mechanism: 'oauthbearer',
  tokenUrl: 'https://login.example.com/token',
  clientId: 'gateway',
  clientSecret: 'planted',
};
const faultsOf = (kafka: object) =>
  kafkaSchema
    .safeParse({ brokers: ['kafka-1:9093'], ...kafka })
    .error?.issues.map(({ path, message }) => [path.join('.'), message]);

describe('a login to Kafka', () => {
  it.each([
    ['plain', { mechanism: 'plain', ...password }],
    ['oauthbearer', token],
  ])('with %s is refused without TLS, and the fault says what to write', (mechanism, sasl) => {
    for (const tls of [undefined, null, false])
      expect(faultsOf({ sasl, tls })).toEqual([
        ['sasl', expect.stringMatching(new RegExp(`^needs TLS, because ${mechanism} sends .*; write \`tls: true\``))],
      ]);
    expect(faultsOf({ sasl, brokers: ['127.0.0.1:9092', 'kafka-2:9092'] })).toHaveLength(1);
    expect(faultsOf({ sasl, brokers: ['127.0.0.1.example.com:9092'] })).toHaveLength(1);
    expect(faultsOf({ sasl, tls: true })).toBeUndefined();
    expect(faultsOf({ sasl, tls: { caFile: 'ca.crt' } })).toBeUndefined();
  });

  it.each(['localhost:9092', '127.0.0.1:9092', '127.8.8.8:9092', '[::1]:9092'])('may be in clear to %s', (broker) => {
    expect(faultsOf({ brokers: [broker], sasl: { mechanism: 'plain', ...password } })).toBeUndefined();
    expect(faultsOf({ brokers: [broker], sasl: token })).toBeUndefined();
  });

  it('with SCRAM is warned of without TLS', () => {
    const sasl = { mechanism: 'scram-sha-512', ...password };
    expect(faultsOf({ sasl })).toBeUndefined();
    const warned = (kafka: object) => warnOfClearKafka({ kafka: { brokers: ['kafka-1:9093'], sasl, ...kafka } });
    expect(warned({})).toEqual([
      { path: 'audit.kafka.sasl', message: expect.any(String), hint: expect.stringContaining('write `tls: true`') },
    ]);
    expect(warned({ tls: true })).toEqual([]);
    expect(warned({ brokers: ['127.0.0.1:9092'] })).toEqual([]);
    expect(warned({ sasl: undefined })).toEqual([]);
    expect(warnOfClearKafka({ kafka: { memory: true } })).toEqual([]);
  });

  it('with a token asks for it over https, except on this machine', () => {
    const at = (tokenUrl: string) => faultsOf({ tls: true, sasl: { ...token, tokenUrl } });
    expect(at('http://login.example.com/token')).toEqual([
      ['sasl.tokenUrl', 'must begin with https, except on this machine'],
    ]);
    expect(at('http://127.0.0.1.example.com/token')).toHaveLength(1);
    expect(at('ftp://127.0.0.1/token')).toHaveLength(1);
    for (const here of ['http://127.0.0.1:8080/token', 'http://localhost/token', 'http://[::1]:1/token'])
      expect(at(here)).toBeUndefined();
  });

  it('with a token refuses an extension that would change the message to the broker', () => {
    const extended = (extensions: object) => faultsOf({ tls: true, sasl: { ...token, extensions } });
    expect(extended({ logicalCluster: 'lkc-1' })).toBeUndefined();
    for (const wrong of [{ auth: 'Bearer x' }, { 'a=b': 'x' }, { a: 'x\u0001auth=Bearer y' }])
      expect(extended(wrong)).toHaveLength(1);
  });

  it('needs the settings of its mechanism, and no others', () => {
    expect(faultsOf({ tls: true, sasl: { mechanism: 'oauthbearer', ...password } })?.map(([at]) => at)).toEqual(
      expect.arrayContaining(['sasl.tokenUrl', 'sasl.clientId', 'sasl.clientSecret', 'sasl']),
    );
    expect(faultsOf({ tls: true, sasl: { ...token, mechanism: 'plain' } })).toBeDefined();
  });
});
