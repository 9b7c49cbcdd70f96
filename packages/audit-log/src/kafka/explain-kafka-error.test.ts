import { describe, expect, it } from '@jest/globals';
import { explainKafkaError } from './explain-kafka-error.ts';

const kafka = {
  topic: 'trail',
  sasl: { mechanism: 'scram-sha-512' as const, username: 'gateway', password: 'planted-password' },
};
const wrapped = (cause: object) => new Error('retries exceeded', { cause: Object.assign(new Error('inner'), cause) });

describe('an error of Kafka says what to do', () => {
  it.each([
    ['a refused login', { name: 'KafkaJSSASLAuthenticationError' }, /Check audit\.kafka\.sasl/],
    [
      'a denied topic',
      { type: 'TOPIC_AUTHORIZATION_FAILED' },
      /Allow User:gateway .* Read and Describe .* topic trail/,
    ],
    ['a client that may write nowhere', { type: 'CLUSTER_AUTHORIZATION_FAILED' }, /Allow User:gateway .* topic trail/],
    ['a denied group', { type: 'GROUP_AUTHORIZATION_FAILED' }, /Allow User:gateway .* Read on the group readers/],
    [
      'a group that cannot be found',
      { name: 'KafkaJSGroupCoordinatorNotFound' },
      /allow User:gateway .* group readers/,
    ],
    ['a foreign CA', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }, /SELF_SIGNED_CERT_IN_CHAIN.*audit\.kafka\.tls\.caFile/],
  ])('explains %s', (_name, cause, expected) => {
    const error = wrapped(cause);
    const explained = explainKafkaError(error, kafka, 'Read', 'readers');
    expect(explained.message).toMatch(expected);
    expect(explained.message).not.toContain('planted-password');
    expect(explained.cause).toBe(error);
  });

  it.each([
    [
      'a token that could not be had',
      { name: 'KafkaLoginError', message: 'The token endpoint says no' },
      'The token endpoint says no.',
    ],
    ['a missing mechanism', { name: 'KafkaJSSASLAuthenticationError' }, /sasl\.mechanism.*OAUTHBEARER/],
    ['a denied topic', { type: 'TOPIC_AUTHORIZATION_FAILED' }, /Allow the user that the token of gateway names/],
  ])('with a token: %s', (_name, cause, expected) => {
    const sasl = {
      mechanism: 'oauthbearer' as const,
      tokenUrl: 'https://login.example.com/token',
      clientId: 'gateway',
      clientSecret: 'planted-password',
      clientAuth: 'basic' as const,
      extensions: {},
    };
    const { message } = explainKafkaError(wrapped(cause), { topic: 'trail', sasl }, 'Write');
    expect(message).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
    expect(message).not.toContain('planted-password');
  });

  it('leaves an error as it is if nothing is known about it', () => {
    const error = wrapped({ code: 'ECONNREFUSED' });
    expect(explainKafkaError(error, kafka, 'Write')).toBe(error);
  });
});
