import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sampleAuditRecord, toLine } from '@sallyport/audit-log';
import { createSealer, hashCheckpoint, signCheckpoint, type SignedCheckpoint } from '@sallyport/audit-proof';
import type { AuditRecord, ChainHead } from '@sallyport/contracts';

const key = generateKeyPairSync('ed25519');

/** The public key of the checkpoints, in PEM. */
export const trailKey = key.publicKey.export({ type: 'spki', format: 'pem' });

/** The name of the file of a day of November 2026. */
export const trailFile = (day: number): string => `0000000${day}-2026-11-0${day}.ndjson`;

/** A trail of five files, one for each day from the 1st on, each with four events and a checkpoint. */
export type WrittenTrail = { checkpoints: SignedCheckpoint[]; records: AuditRecord[][] };

/** Writes a trail into a directory, which is created. */
export function writeTrail(directory: string): WrittenTrail {
  mkdirSync(path.join(directory, 'consumers'), { recursive: true });
  writeFileSync(path.join(directory, 'lock'), '');
  const sealer = createSealer({ producer: 'sallyport/1' });
  const checkpoints: SignedCheckpoint[] = [];
  const records: AuditRecord[][] = [];
  for (let day = 1; day <= 5; day += 1) {
    const at = (minute: number) => Date.UTC(2026, 10, day, 10, minute);
    const own = Array.from({ length: 4 }, (_none, minute) =>
      sampleAuditRecord({ time: at(minute), session: `s${minute % 2}` }),
    );
    for (const record of own) sealer.seal(record);
    const { seq, hash } = sealer.head!;
    const from = seq - 3 - (day > 1 ? 1 : 0);
    const fromTime = day > 1 ? records.at(-1)!.at(-1)!.time : own[0]!.time;
    const heads: ChainHead[] = [{ producer: 'sallyport/1', seq, hash, from, fromTime, seqTime: own[3]!.time }];
    const last = checkpoints.at(-1);
    const previous = last ? { previous: hashCheckpoint(last) } : {};
    const time = new Date(at(5)).toISOString();
    checkpoints.push(signCheckpoint({ number: day, time, heads, ...previous }, key.privateKey));
    const checkpoint = sampleAuditRecord({ time: at(5) });
    checkpoint.type = 'audit.checkpoint';
    checkpoint.data.sallyport = { ...checkpoint.data.sallyport, checkpoint: checkpoints.at(-1)! };
    sealer.seal(checkpoint);
    records.push([...own, checkpoint]);
    writeFileSync(path.join(directory, trailFile(day)), records.at(-1)!.map(toLine).join(''));
  }
  return { checkpoints, records };
}
