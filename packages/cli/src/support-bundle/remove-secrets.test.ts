import { expect, it } from '@jest/globals';
import { findSubstituted, removed, removeFromConfig, removeFromText } from './remove-secrets.ts';

it('removes secrets from a configuration, and keeps placeholders, paths and names', () => {
  const found = new Set<string>();
  const config = {
    sessions: {
      redis: 'redis://user:redis-password@redis.example:6379/0?name=x',
      encryption: { keys: [{ id: 'first', keyFile: '/keys/session' }] },
    },
    identity: {
      providers: [{ clientId: 'sallyport', clientSecret: 'planted-secret' }, { clientSecret: '${env:SECRET}' }],
    },
    notifications: { channels: [{ url: 'https://hooks.example/services/planted-path', secret: ['whsec_planted'] }] },
    clusters: [{ server: 'https://dev.example:6443', token: 'planted-token', tokenFile: '/var/token' }],
    tls: { text: '-----BEGIN PRIVATE KEY-----\nplanted\n-----END PRIVATE KEY-----' },
  };
  expect(removeFromConfig(config, found)).toEqual({
    sessions: {
      redis: `redis://${removed}@redis.example:6379/0`,
      encryption: { keys: [{ id: 'first', keyFile: '/keys/session' }] },
    },
    identity: { providers: [{ clientId: 'sallyport', clientSecret: removed }, { clientSecret: '${env:SECRET}' }] },
    notifications: { channels: [{ url: `https://hooks.example/${removed}`, secret: [removed] }] },
    clusters: [{ server: 'https://dev.example:6443', token: removed, tokenFile: '/var/token' }],
    tls: { text: removed },
  });
  expect([...found].join(' ')).toMatch(/redis-password.*planted-secret.*planted-path.*whsec_planted.*planted-token/s);
});

it('removes from other texts what took the place of a placeholder, in every form in which it may be written', () => {
  const found = new Set<string>();
  findSubstituted(
    { a: ['${file:/secret}', 'plain'], redis: '${env:URL}', unread: '${file:/none}' },
    { a: ['quo"ted secret', 'plain'], redis: 'redis://:pass%20word@redis.example', unread: 'unread-1' },
    found,
  );
  const { text, count } = removeFromText(
    'raw quo"ted secret, JSON "quo\\"ted secret", URL quo%22ted%20secret, pass word, plain',
    found,
  );
  expect(text).toBe(`raw ${removed}, JSON "${removed}", URL ${removed}, ${removed}, plain`);
  expect(count).toBe(4);
});
