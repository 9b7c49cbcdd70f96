import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { isMissing, readBytes, writeAll, type Files, type SpoolFile } from './disk-files.ts';

const slotBytes = 32;

/** The file with the last acknowledged position. */
export type AcknowledgedFile = {
  /** Writes a position. With `durable`, resolves when the disk has it. */
  write(position: number, durable: boolean): Promise<void>;
  /** Closes the file and opens it again, after the disk failed. */
  reopen(): Promise<void>;
  close(): Promise<void>;
};

function readSlot(bytes: Buffer): { position: number; turn: number } | undefined {
  if (bytes.length < slotBytes || bytes.readUInt32LE(16) !== crc32(bytes.subarray(0, 16))) return undefined;
  return { position: Number(bytes.readBigUInt64LE(0)), turn: Number(bytes.readBigUInt64LE(8)) };
}

async function readSlots(file: SpoolFile): Promise<Buffer> {
  const bytes = await readBytes(file, 0, 2 * slotBytes);
  // A full disk must not prevent that entries are acknowledged.
  if (bytes.length < 2 * slotBytes) await writeAll(file, Buffer.alloc(2 * slotBytes - bytes.length), bytes.length);
  return bytes;
}

const slotsIn = (bytes: Buffer) => [readSlot(bytes.subarray(0, slotBytes)), readSlot(bytes.subarray(slotBytes))];
const positionIn = (slots: ReturnType<typeof slotsIn>): number =>
  Math.max(0, ...slots.map((slot) => slot?.position ?? 0));

/** Returns the last acknowledged position without changing anything, or 0 if there is no file. */
export async function readAcknowledged(files: Files, dir: string): Promise<number> {
  const file = await files.open(join(dir, 'acknowledged'), 'r').catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  if (!file) return 0;
  try {
    return positionIn(slotsIn(await readBytes(file, 0, 2 * slotBytes)));
  } finally {
    await file.close();
  }
}

/**
 * Opens the file and returns what it says. Two slots are written in turns, so that one of them is intact if a write is
 * interrupted. An older position does no harm: the entries after it are delivered again.
 */
export async function openAcknowledgedFile(
  files: Files,
  dir: string,
): Promise<{ file: AcknowledgedFile; position: number }> {
  const path = join(dir, 'acknowledged');
  let handle: SpoolFile = await files.open(path, 'a+', 0o600);
  await handle.close();
  handle = await files.open(path, 'r+');
  const bytes = await readSlots(handle).catch(async (error: unknown) => {
    await handle.close();
    throw error;
  });
  const slots = slotsIn(bytes);
  let turn = Math.max(0, ...slots.map((slot) => slot?.turn ?? 0));
  const position = positionIn(slots);
  return {
    position,
    file: {
      async write(acknowledged, durable) {
        turn += 1;
        const slot = Buffer.alloc(slotBytes);
        slot.writeBigUInt64LE(BigInt(acknowledged), 0);
        slot.writeBigUInt64LE(BigInt(turn), 8);
        slot.writeUInt32LE(crc32(slot.subarray(0, 16)), 16);
        await writeAll(handle, slot, (turn % 2) * slotBytes);
        if (durable) await handle.datasync();
      },
      async reopen() {
        await handle.close().catch(() => undefined);
        handle = await files.open(path, 'r+');
      },
      close: () => handle.close(),
    },
  };
}
