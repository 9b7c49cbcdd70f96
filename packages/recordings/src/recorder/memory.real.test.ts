import { spawn } from 'node:child_process';
import { createPrivateKey, diffieHellman, hkdfSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, openSync, closeSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@sallyport/kit/testing';
import { bech32 } from '@scure/base';
import { Decrypter } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { x25519PublicKey } from '../seal/age-recipient.ts';
import { createTestIdentity } from '../testing/create-recorder-bed.ts';

let parent: string;
beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'memory-'));
});
afterAll(() => rmSync(parent, { recursive: true }));

const derive = (secret: Uint8Array, salt: Uint8Array, info: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, info, 32));

/** Returns everything that opens an age file: its key, the key of its payload, and what its key is sealed with. */
async function secretsOf(file: Buffer, identity: string, recipient: string): Promise<Buffer[]> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const headerEnd = file.indexOf('\n', file.indexOf('\n--- ') + 1) + 1;
  const fileKey = await decrypter.decryptHeader(file.subarray(0, headerEnd));
  const [, share64 = ''] = /-> X25519 (\S+)\n/.exec(file.toString('latin1', 0, headerEnd)) ?? [];
  const share = Buffer.from(share64, 'base64');
  const pkcs8 = Buffer.concat([
    Buffer.from('302e020100300506032b656e04220420', 'hex'),
    bech32.decodeToBytes(identity.toLowerCase()).bytes,
  ]);
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const shared = diffieHellman({ privateKey, publicKey: x25519PublicKey(share) });
  const salt = Buffer.concat([share, bech32.decodeToBytes(recipient).bytes]);
  return [
    Buffer.from(fileKey),
    derive(fileKey, file.subarray(headerEnd, headerEnd + 16), 'payload'),
    shared,
    derive(shared, salt, 'age-encryption.org/v1/X25519'),
  ];
}

/** Returns the secrets that are in the memory of a process. */
function findInMemory(pid: number, secrets: readonly Buffer[]): Buffer[] {
  const found = new Set<Buffer>();
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const chunk = Buffer.alloc(4 * 1024 * 1024);
  try {
    for (const [, from, to] of readFileSync(`/proc/${pid}/maps`, 'utf8').matchAll(/^([\da-f]+)-([\da-f]+) rw/gm)) {
      const end = BigInt(`0x${to}`);
      for (let at = BigInt(`0x${from}`); at < end; at += BigInt(chunk.length - 32)) {
        const length = end - at < chunk.length ? Number(end - at) : chunk.length;
        let count = 0;
        try {
          count = readSync(memory, chunk, 0, length, at);
        } catch {
          // Reserved and never used.
        }
        const bytes = chunk.subarray(0, count);
        for (const secret of secrets) if (!found.has(secret) && bytes.includes(secret)) found.add(secret);
      }
    }
  } finally {
    closeSync(memory);
  }
  return [...found];
}

describe('the memory of the gateway after the end of a session', () => {
  it('has nothing that opens the recording, nor have the files', async () => {
    const { identity, recipient } = await createTestIdentity();
    const [dir, storeDir] = [join(parent, 'disk'), join(parent, 'store')];
    const child = spawn(
      process.execPath,
      [
        '--conditions=source',
        '--expose-gc',
        new URL('../testing/record-child.ts', import.meta.url).pathname,
        dir,
        storeDir,
        recipient,
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const said = async (word: string) => expect(`${(await once(child.stdout, 'data'))[0]}`).toContain(word);
    await said('written');
    const open: Buffer[] = [];
    const running = readdirSync(dir).filter((name) => name.endsWith('.age'));
    const files = running.map((name) => ({ name, bytes: readFileSync(join(dir, name)) }));
    for (const { bytes } of files) open.push(...(await secretsOf(bytes, identity, recipient)));
    // What seals a session that runs must be there, which shows that the search finds it.
    expect(findInMemory(child.pid!, open).length).toBeGreaterThan(0);
    child.stdin.write('\n');
    await said('finished');
    // On a slow machine, the part of the session that runs may be closed by now, too.
    await until(() => readdirSync(dir).filter((name) => name.endsWith('.age')).length <= 2);
    const still = new Set(readdirSync(dir));
    const ended: Buffer[] = [];
    for (const { name, bytes } of files.filter((file) => !still.has(file.name))) {
      ended.push(...(await secretsOf(bytes, identity, recipient)));
      if (!name.endsWith('.key.age')) continue;
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      ended.push(Buffer.from(await decrypter.decrypt(bytes)));
    }
    expect(ended.length).toBeGreaterThanOrEqual(10 * (4 + 4 + 1));
    expect(findInMemory(child.pid!, ended)).toEqual([]);
    for (const name of readdirSync(storeDir, { recursive: true, encoding: 'utf8' }).filter((each) =>
      each.endsWith('.age'),
    ))
      for (const secret of ended) expect(readFileSync(join(storeDir, name)).includes(secret)).toBe(false);
    const closed = once(child, 'close');
    child.stdin.write('\n');
    await closed;
  });
});
