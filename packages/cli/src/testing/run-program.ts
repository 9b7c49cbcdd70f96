import type { ChildProcess } from 'node:child_process';
import type { Run } from './rig.ts';

/** Returns what a program writes, once it has ended. */
export function outputOf(child: ChildProcess): Promise<Run> {
  const kept = { out: '', err: '' };
  child.stdout?.on('data', (chunk: Buffer) => (kept.out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (kept.err += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, ...kept }));
  });
}
