import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { makeCertificate, startTokenServer, type TokenServer } from '../testing/token-server.ts';
import { requestToken } from './request-token.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-token-'));
const file = (name: string) => path.join(directory, name);
const settings = {
  namespace: 'sallyport',
  serviceAccount: 'sallyport-gateway',
  secret: 'sallyport-connector',
  lifetime: 3_600_000,
};

let server: TokenServer;
beforeAll(async () => {
  server = await startTokenServer(directory);
  makeCertificate(directory, 'other');
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});
beforeEach(() => void server.asked.splice(0));
const ask = (from = directory) => requestToken({ server: server.address, directory: from, settings });

describe('a token of the gateway', () => {
  it('is bound to the Secret of the connector, and is as long valid as the API server says', async () => {
    expect(await ask()).toEqual({ token: 'of-the-gateway', lifetimeMs: 1_200_000 });
    expect(server.asked[0]!.head).toMatchObject({
      method: 'POST',
      url: '/api/v1/namespaces/sallyport/serviceaccounts/sallyport-gateway/token',
    });
    expect(server.asked[0]!.body).toMatchObject({
      spec: { expirationSeconds: 3600, boundObjectRef: { kind: 'Secret', name: 'sallyport-connector' } },
    });
  });

  it('is asked for with the token that the pod has now', async () => {
    await ask();
    writeFileSync(file('token'), 'renewed\n');
    await ask();
    expect(server.asked.map(({ head }) => head.headers.authorization)).toEqual(['Bearer of-the-pod', 'Bearer renewed']);
  });

  it('is not asked of a server with a certificate of another authority', async () => {
    const other = mkdtempSync(path.join(directory, 'pod-'));
    writeFileSync(path.join(other, 'ca.crt'), readFileSync(file('other.crt')));
    writeFileSync(path.join(other, 'token'), 'of-the-pod');
    await expect(ask(other)).rejects.toThrow(/certificate/);
    expect(server.asked).toEqual([]);
  });

  it('is refused with the words of the API server', async () => {
    server.answer = { status: 403, body: { kind: 'Status', message: 'serviceaccounts "x" is forbidden' } };
    await expect(ask()).rejects.toThrow(
      'the API server gives no token of sallyport/sallyport-gateway (403): serviceaccounts "x" is forbidden',
    );
  });

  it.each([[{}], [{ spec: { expirationSeconds: 600 } }], [{ status: { token: 'of-the-gateway' } }], ['text']])(
    'is not taken from an answer like %j',
    async (body) => {
      server.answer = { status: 201, body };
      await expect(ask()).rejects.toThrow(/without one$/);
    },
  );
});
