import { readFileSync } from 'node:fs';
import path from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { createOnce } from '../settings/create-once.ts';

/** The demo's recordings: their section of sallyport.yaml, and the file of the auditor's key. */
export type DemoRecordings = { identityFile: string; section: Record<string, unknown> };

/**
 * Makes the key that opens the demo's recordings, or keeps that of an earlier run. Outside of a demo, an auditor makes it,
 * and the gateway's machine never has it.
 */
export async function demoRecordings(directory: string): Promise<DemoRecordings> {
  const identityFile = path.join(directory, 'recordings-identity.txt');
  const made = await generateX25519Identity();
  createOnce(identityFile, () => `${made}\n`);
  const recipient = await identityToRecipient(readFileSync(identityFile, 'utf8').trim());
  return {
    identityFile,
    section: { default: 'optional', recipients: [recipient], store: { dir: './recordings' } },
  };
}
