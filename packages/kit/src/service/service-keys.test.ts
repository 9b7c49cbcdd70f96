import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { serviceNames, type ServiceName } from '@sallyport/contracts';
import { readConfig } from '../config/load-config.ts';
import { createMetrics } from '../observe/create-admin-server.ts';
import { createLogger } from '../observe/create-logger.ts';
import { until } from '../testing/until.ts';
import { createServiceIdentity } from './service-credential.ts';
import { readPublicKeys, loadServiceKeys, type ServiceKeys } from './service-keys.ts';

const newKey = () => generateKeyPairSync('ed25519').privateKey;
const publicText = (key: KeyObject) => createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64');
const pemOf = (key: KeyObject) => createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string;

describe('public keys in a text', () => {
  const [a, b] = [newKey(), newKey()];
  it.each([
    [publicText(a), [a]],
    [`${publicText(a)}\n${publicText(b)}\n`, [a, b]],
    [`${publicText(a)} ${publicText(b)}`, [a, b]],
    [pemOf(a) + pemOf(b), [a, b]],
    [`${publicText(b)}\n${pemOf(a)}`, [a, b]],
  ])('can be one or several (%#)', (text, keys) => {
    const read = readPublicKeys(text);
    expect(read).toHaveLength(keys.length);
    for (const key of keys) expect(read.some((one) => one.equals(createPublicKey(key)))).toBe(true);
  });

  it.each(['', 'x', `${publicText(a)} x`, publicText(a).slice(4), Array(5).fill(publicText(a)).join('\n')])(
    'are refused if one of them is not a key, or there are too many (%#)',
    (text) => expect(() => readPublicKeys(text)).toThrow(),
  );
});

describe('the keys of a service', () => {
  let directory: string;
  let opened: { close(): void }[];
  let keys: Record<ServiceName, KeyObject>;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'service-keys-'));
    opened = [];
    keys = Object.fromEntries(serviceNames.map((name) => [name, newKey()])) as typeof keys;
    for (const name of serviceNames) {
      writePrivate(name, keys[name]);
      writePublic(name, keys[name]);
    }
  });
  afterEach(() => {
    for (const one of opened) one.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const replace = (name: string, text: string) => {
    writeFileSync(path.join(directory, `${name}.new`), text);
    renameSync(path.join(directory, `${name}.new`), path.join(directory, name));
  };
  const writePrivate = (name: ServiceName, key: KeyObject) =>
    replace(`${name}.pem`, key.export({ type: 'pkcs8', format: 'pem' }) as string);
  const writePublic = (name: ServiceName, ...some: KeyObject[]) =>
    replace(`${name}.pub`, some.map(publicText).join('\n'));

  function load(name: ServiceName) {
    const services = serviceNames.map((one) => `  ${one}: {keyFile: ${one}.pem, publicKey: "\${file:${one}.pub}"}\n`);
    const text = `gateway: {url: 'http://localhost:8443'}
identity: {providers: [{id: corp, issuer: 'https://idp.example.com', clientId: x, clientSecret: y}]}
services:\n${services.join('')}`;
    const loaded = readConfig(text, path.join(directory, 'sallyport.yaml'), {});
    const loadedKeys = loadServiceKeys(loaded, name, Date.now);
    const metrics = createMetrics();
    opened.push(loadedKeys.follow({ logger: createLogger({ service: name, level: 'silent' }), metrics }));
    return { ...loadedKeys, metrics };
  }
  const accepts = async ({ verifier }: Pick<ServiceKeys, 'verifier'>, credential: string) =>
    verifier.verify(credential).then(
      (caller) => caller,
      () => 'refused',
    );
  const rejected = async ({ metrics }: ReturnType<typeof load>) =>
    /^sallyport_service_keys_rejected 1$/m.test(await metrics.metrics());

  it('are replaced in three steps, and every credential is accepted all the time', async () => {
    const [proxy, authorize] = [load('proxy'), load('authorize')];
    const next = newKey();
    const current = () => proxy.identity.credentialFor('authorize');
    const old = await current();
    expect(await accepts(authorize, old)).toBe('proxy');

    writePublic('proxy', keys.proxy, next);
    await until(() => [proxy, authorize].every((one) => one.publicKeysOf('proxy').length === 2));
    expect([await accepts(authorize, old), await current()]).toEqual(['proxy', old]);

    writePrivate('proxy', next);
    await until(() => proxy.privateKey().equals(next));
    expect(await current()).not.toBe(old);
    expect([await accepts(authorize, old), await accepts(authorize, await current())]).toEqual(['proxy', 'proxy']);

    writePublic('proxy', next);
    await until(() => [proxy, authorize].every((one) => one.publicKeysOf('proxy').length === 1));
    expect(await accepts(authorize, await current())).toBe('proxy');
    // It was verified before, and is remembered. The key was taken away nevertheless.
    expect([await accepts(authorize, old), authorize.verifier.verified(old)]).toEqual(['refused', undefined]);
    const stolen = createServiceIdentity({ name: 'proxy', privateKey: keys.proxy, now: Date.now });
    expect(await accepts(authorize, await stolen.credentialFor('authorize'))).toBe('refused');
    const text = await authorize.metrics.metrics();
    expect(text.match(/sallyport_service_key_info\{service="proxy"/g)).toHaveLength(1);
  });

  it.each<[string, () => void]>([
    ['a private key without its public half', () => writePrivate('proxy', newKey())],
    ['a private key that is none', () => replace('proxy.pem', 'x')],
    ['a public key that is none', () => replace('authorize.pub', 'x')],
    ['no public key', () => replace('authorize.pub', '')],
    ['a file that is gone', () => rmSync(path.join(directory, 'audit.pub'))],
  ])('stay as they are if there is %s, until that is corrected', async (_what, spoil) => {
    const proxy = load('proxy');
    spoil();
    await until(() => rejected(proxy));
    expect(proxy.privateKey().equals(keys.proxy)).toBe(true);
    for (const name of serviceNames) expect(proxy.publicKeysOf(name)).toHaveLength(1);
    for (const name of serviceNames) {
      writePrivate(name, keys[name]);
      writePublic(name, keys[name]);
    }
    await until(async () => !(await rejected(proxy)));
  });

  it('are asked for, with the command that makes them, if their settings have no value', () => {
    const text = "gateway: {url: 'http://localhost:8443'}\nservices: {proxy: {keyFile: , publicKey: }}";
    const loaded = readConfig(text, path.join(directory, 'sallyport.yaml'), {});
    expect(() => loadServiceKeys(loaded, 'proxy', Date.now)).toThrow(
      /services\.proxy\.keyFile: is missing[^]*openssl genpkey -algorithm ed25519[^]*services\.proxy\.publicKey: is missing[^]*openssl pkey -pubout/,
    );
  });

  it('are refused at the start if they do not fit together', () => {
    writePublic('proxy', newKey(), newKey());
    expect(() => load('proxy')).toThrow('services.proxy.keyFile: does not match services.proxy.publicKey');
    writePublic('proxy', newKey(), keys.proxy);
    expect(load('proxy').publicKeysOf('proxy')).toHaveLength(2);
  });
});
