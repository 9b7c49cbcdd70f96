import { GetObjectCommand, HeadBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { S3StoreConfig } from '@sallyport/contracts';
import { StoreConflict, type RecordingStore } from './recording-store.ts';

/** How long a request may take, and how long none of its bytes may move. */
const requestMs = 60_000;
const idleMs = 20_000;

const isStatus = (error: unknown, status: number): boolean =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === status;

/** Reads the digest of an object that is there, by reading all of it. */
async function digestOf(body: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of body) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Opens a bucket as a store. */
export function openS3Store(config: S3StoreConfig): RecordingStore {
  const { bucket, endpoint, region, prefix, accessKeyId, secretAccessKey } = config;
  const client = new S3Client({
    region,
    ...(endpoint && { endpoint }),
    forcePathStyle: config.pathStyle ?? Boolean(endpoint),
    ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } }),
    // Servers other than that of AWS do not understand the checksums that the client would add.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 10_000, requestTimeout: idleMs, throwOnRequestTimeout: true },
  });
  const keyOf = (recording: string, file: string): string => `${prefix}${recording}/${file}`;
  const options = () => ({ abortSignal: AbortSignal.timeout(requestMs) });

  const get: RecordingStore['get'] = async (recording, file) => {
    const command = new GetObjectCommand({ Bucket: bucket, Key: keyOf(recording, file) });
    try {
      return (await client.send(command, options())).Body as Readable;
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  };

  return {
    get,
    async put(recording, file, { sha256, read }) {
      const bytes = await read();
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: keyOf(recording, file),
        Body: bytes,
        ContentLength: bytes.length,
        ContentType: 'application/octet-stream',
        // A bucket with object lock demands a checksum.
        ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
        IfNoneMatch: '*',
      });
      try {
        await client.send(command, options());
      } catch (error) {
        // 412: it is there. A server may say so and close the connection while the body is being sent, so that the
        // client sees only that. And an answer may be lost.
        const body = await get(recording, file).catch(() => undefined);
        if (!body) throw error;
        if ((await digestOf(body)) !== sha256) throw new StoreConflict(`${keyOf(recording, file)} has other content`);
      }
    },
    async check() {
      await client.send(new HeadBucketCommand({ Bucket: bucket }), options());
    },
    close: () => client.destroy(),
  };
}
