import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startBed, type Bed } from '@sallyport/bed';
import { openRecordingStore, type RecordingStore } from '@sallyport/recordings/store';
import { noteSkip } from '../harness/index.ts';

const bed: Bed = await startBed({ need: ['versitygw'] });
const server = bed.versitygw;
if (!server) {
  const why = bed.missing.map((one) => `${one.missing}: ${one.why}`).join(', ');
  if (process.env['CI'] === 'true') throw new Error(`recordings in a bucket cannot be tested on this machine: ${why}`);
  noteSkip('recordings in a bucket', why);
}
const test = server ? it : it.skip;

/** A road to the server that may stop or end in the middle of a request. */
const road = { stopsAfter: Infinity, endsAfter: Infinity };
const sockets = new Set<Socket>();
const proxy = createServer((client) => {
  const upstream = connect(Number(new URL(server!.endpoint).port), '127.0.0.1');
  let count = 0;
  for (const socket of [client, upstream]) {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => [client, upstream].forEach((each) => each.destroy()));
  }
  client.on('data', (bytes) => {
    count += bytes.length;
    if (count > road.endsAfter) client.destroy();
    else if (count <= road.stopsAfter) upstream.write(bytes);
  });
  upstream.pipe(client);
});

let store: RecordingStore;
beforeAll(async () => {
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  proxy.close();
  await bed.stop();
});
beforeEach(async () => {
  const { accessKeyId, secretAccessKey, bucket = '' } = server ?? {};
  const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const s3 = { bucket, endpoint, accessKeyId, secretAccessKey, region: 'us-east-1', prefix: 'gateways/one/' };
  store = await openRecordingStore({ s3 });
});
afterEach(() => {
  Object.assign(road, { stopsAfter: Infinity, endsAfter: Infinity });
  store.close();
});

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const part = randomBytes(4_200_000);
/** Stores a file. Its path is for a directory, not for a bucket. */
const put = (id: string, bytes: Buffer = part, digest = sha256(bytes)) =>
  store.put(id, '000001.age', { path: '', sha256: digest, read: async () => bytes });
async function get(id: string): Promise<Buffer | undefined> {
  const stream = await store.get(id, '000001.age');
  return stream && buffer(stream);
}

describe('a bucket', () => {
  test('takes a part once, also if it is sent again, and gives it back', async () => {
    const id = randomUUID();
    await store.check();
    expect(await get(id)).toBeUndefined();
    await put(id);
    await put(id);
    expect((await get(id))?.equals(part)).toBe(true);
  });

  test('does not let a part be replaced', async () => {
    const id = randomUUID();
    await put(id);
    for (const other of [randomBytes(part.length), Buffer.from('short')])
      await expect(put(id, other)).rejects.toMatchObject({ name: 'StoreConflict' });
    expect((await get(id))?.equals(part)).toBe(true);
  });

  test('takes one of two that are sent at once', async () => {
    const id = randomUUID();
    const parts = [part, randomBytes(1_000_000)];
    const results = await Promise.allSettled(parts.map((bytes) => put(id, bytes)));
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(1);
    const winner = parts[results.findIndex(({ status }) => status === 'fulfilled')]!;
    expect((await get(id))?.equals(winner)).toBe(true);
  });

  test('refuses a part that was changed on the way', async () => {
    const id = randomUUID();
    await expect(put(id, Buffer.from('changed'), sha256(part))).rejects.toThrow('SHA256');
    expect(await get(id)).toBeUndefined();
  });

  test('has nothing of a part whose upload broke off, and takes it afterwards', async () => {
    const id = randomUUID();
    road.endsAfter = 1_000_000;
    await expect(put(id)).rejects.toThrow();
    road.endsAfter = Infinity;
    expect(await get(id)).toBeUndefined();
    await put(id);
    expect((await get(id))?.equals(part)).toBe(true);
  });

  test('is given up for now when nothing moves', async () => {
    const id = randomUUID();
    road.stopsAfter = 1_000_000;
    await expect(put(id)).rejects.toThrow();
    road.stopsAfter = Infinity;
    await put(id);
  });

  test('cannot be reached while it is away, and keeps what it had', async () => {
    const id = randomUUID();
    await put(id);
    await server!.pause();
    await expect(put(randomUUID())).rejects.toThrow();
    await expect(store.check()).rejects.toThrow();
    await expect(get(id)).rejects.toThrow();
    await server!.resume();
    expect((await get(id))?.equals(part)).toBe(true);
  });

  test('that is not there, or whose keys are wrong, is no store', async () => {
    const { endpoint, accessKeyId, bucket } = server!;
    const s3 = { endpoint, accessKeyId, region: 'us-east-1', prefix: '' };
    for (const wrong of [
      { ...s3, bucket: 'elsewhere', secretAccessKey: server!.secretAccessKey },
      { ...s3, bucket, secretAccessKey: 'wrong' },
    ]) {
      const other = await openRecordingStore({ s3: wrong });
      await expect(other.check()).rejects.toThrow();
      other.close();
    }
  });
});
