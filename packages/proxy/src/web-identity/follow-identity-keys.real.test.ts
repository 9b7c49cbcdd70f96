import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger, createMetrics } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { identityKeyPem, verifyJwt } from '../testing/identity-keys.ts';
import {
  createAnswerIdentityKeys,
  createIdentityKeyRing,
  publishedFirstMs,
  type IdentityKeyRing,
} from './identity-key-ring.ts';
import { followIdentityKeys } from './follow-identity-keys.ts';
import { readIdentityKeys, type IdentityJwk, signJws } from './identity-keys.ts';

let directory: string;
let file: string;
let clock: { now: number };
let ring: IdentityKeyRing;
let server: Server;
let follower: { close(): void };
let registry: ReturnType<typeof createMetrics>;
const [first, second] = [identityKeyPem(), identityKeyPem()];

/** Replaces the file in one step, as editors and the kubelet do. */
function put(text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'identity-keys-'));
  file = path.join(directory, 'identity.pem');
  put(first);
  clock = { now: 1_750_000_000_000 };
  ring = createIdentityKeyRing(readIdentityKeys(first), { now: () => clock.now, signedForMs: 660_000 });
  registry = createMetrics();
  follower = followIdentityKeys({
    file,
    ring,
    logger: createLogger({ service: 'test', level: 'silent' }),
    metrics: registry,
  });
  server = createServer(createAnswerIdentityKeys(ring)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});
afterEach(() => {
  follower.close();
  server.close();
  rmSync(directory, { recursive: true });
});

async function served(): Promise<IdentityJwk[]> {
  const response = await fetch(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/.well-known/sallyport/jwks.json`,
  );
  expect(response.headers.get('cache-control')).toBe('public, max-age=300');
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  return ((await response.json()) as { keys: IdentityJwk[] }).keys;
}
const signed = () => signJws(ring.signing(), 'JWT', { sub: 'alice' });

describe('the file of identity keys, while the gateway runs', () => {
  it('is read again when it changes: the new key is published first, and what the old one signed stays valid', async () => {
    const old = signed();
    expect(await served()).toHaveLength(1);
    put(second);
    await until(async () => (await served()).length === 2);
    const during = signed();
    expect((await verifyJwt(during, await served())).header.kid).toBe(readIdentityKeys(first)[0]!.kid);
    clock.now += publishedFirstMs;
    const after = signed();
    const keys = await served();
    for (const token of [old, during, after]) expect((await verifyJwt(token, keys)).payload).toEqual({ sub: 'alice' });
    expect((await verifyJwt(after, keys)).header.kid).toBe(readIdentityKeys(second)[0]!.kid);
    clock.now += 660_000;
    expect((await served()).map(({ kid }) => kid)).toEqual([readIdentityKeys(second)[0]!.kid]);
    await expect(verifyJwt(old, await served())).rejects.toThrow('no key');
  });

  it('changes nothing if it has a fault, which the metrics show', async () => {
    put('not a key');
    await until(async () => (await registry.metrics()).includes('sallyport_identity_keys_rejected 1'));
    expect(await verifyJwt(signed(), await served())).toBeDefined();
    put(first + second);
    await until(async () => (await registry.metrics()).includes('sallyport_identity_keys_rejected 0'));
    const shown = await registry.metrics();
    expect(shown).toContain(`sallyport_identity_key_info{key="${readIdentityKeys(first)[0]!.kid}",use="sign"} 1`);
    expect(shown).toContain(`sallyport_identity_key_info{key="${readIdentityKeys(second)[0]!.kid}",use="publish"} 1`);
    expect(shown).not.toContain('PRIVATE');
  });

  it('never shows a private key', async () => {
    for (const jwk of await served()) expect(jwk).not.toHaveProperty('d');
  });
});
