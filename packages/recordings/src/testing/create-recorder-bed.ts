import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Files } from '@sallyport/spool';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { ClosedPart, FinishedRecording } from '../disk/recording-log.ts';
import type { Frame, RecordingHead } from '../format/frame.ts';
import { readRecording, type ReadOptions } from '../read/read-recording.ts';
import { openRecorder } from '../recorder/open-recorder.ts';
import type { Recorder, RecorderOptions, RecordingWriter, WriterHooks } from '../recorder/recorder.ts';
import { createMemoryStore, type MemoryStore } from './create-memory-store.ts';

/** Makes a key pair of age. */
export async function createTestIdentity(): Promise<{ identity: string; recipient: string }> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** Returns the head of a recording of a shell. */
export const sampleHead = (head: Partial<RecordingHead> = {}): RecordingHead => ({
  id: randomUUID(),
  start: '2026-12-01T10:00:00.000Z',
  auditId: randomUUID(),
  kind: 'exec',
  cluster: 'production',
  namespace: 'shop',
  name: 'cart-1',
  container: 'cart',
  command: ['sh'],
  tty: true,
  user: 'carol@example.com',
  demand: 'required',
  input: false,
  ...head,
});

/** What is published of one recording. */
export type Published = { note: unknown; parts: ClosedPart[]; finished?: FinishedRecording };

/** A directory for recorders of a test, and a store. */
export type RecorderBed = {
  dir: string;
  identity: string;
  recipient: string;
  store: MemoryStore;
  published: Map<string, Published>;
  lines: { message: string; fields: Record<string, unknown> }[];
  open(options?: Partial<RecorderOptions>, files?: Files): Promise<Recorder>;
  /** Begins a recording and keeps account of its hooks. */
  begin(
    recorder: Recorder,
    head?: Partial<RecordingHead>,
    hooks?: Partial<WriterHooks>,
  ): Promise<{ id: string; writer: RecordingWriter; failures: Error[] }>;
  /** Reads what is stored of a recording, as published. */
  read(id: string, options?: Partial<ReadOptions>): Promise<Frame[]>;
  /** The names of the files on the disk, without the lock. */
  files(): string[];
  remove(): void;
};

/** Creates a bed. */
export async function createRecorderBed(): Promise<RecorderBed> {
  const parent = mkdtempSync(join(tmpdir(), 'recordings-'));
  const dir = join(parent, 'disk');
  const store = createMemoryStore();
  const published = new Map<string, Published>();
  const lines: RecorderBed['lines'] = [];
  const log = (fields: object, message: string) =>
    void lines.push({ message, fields: fields as Record<string, unknown> });
  const { identity, recipient } = await createTestIdentity();
  const entryOf = (id: string, note: unknown): Published => {
    const entry = published.get(id) ?? { note, parts: [] };
    published.set(id, entry);
    return entry;
  };
  return {
    dir,
    identity,
    recipient,
    store,
    published,
    lines,
    open: (options, files) =>
      openRecorder(
        {
          dir,
          store,
          recipients: [recipient],
          maxBytes: 64 * 1024 * 1024,
          now: Date.now,
          publish: {
            async part({ id, note }, part) {
              const { parts } = entryOf(id, note);
              // What is published again is the same.
              if (!parts.some((other) => isDeepStrictEqual(other, part))) parts.push(part);
            },
            finished: async ({ id, note }, finished) => void (entryOf(id, note).finished = finished),
          },
          logger: { info: log, warn: log, error: log },
          ...options,
        },
        files,
      ),
    async begin(recorder, head, hooks) {
      const failures: Error[] = [];
      const whole = sampleHead(head);
      const writer = await recorder.begin(
        whole,
        { about: whole.id },
        { written() {}, failed: (error) => void failures.push(error), ...hooks },
      );
      return { id: whole.id, writer, failures };
    },
    async read(recording, options) {
      const frames: Frame[] = [];
      const all = readRecording({
        recording,
        parts: published.get(recording)?.parts ?? [],
        fetch: async (name) => store.files.get(`${recording}/${name}`),
        identities: [identity],
        ...options,
      });
      for await (const frame of all) frames.push(frame);
      return frames;
    },
    files: () => readdirSync(dir).filter((name) => name !== 'lock'),
    remove: () => rmSync(parent, { recursive: true, force: true }),
  };
}

/** Returns what a recording has of a stream. */
export const bytesOf = (frames: readonly Frame[], stream = 'stdout'): Buffer =>
  Buffer.concat(frames.flatMap((frame) => (frame.type === 'data' && frame.stream === stream ? [frame.bytes] : [])));
