import type { KubeObject } from '../kube-object.ts';
import type { Input } from './input.ts';

/** Where a command reads and writes. */
export type Io = { stdin: Input; write: (to: 'stdout' | 'stderr', data: string | Uint8Array) => Promise<void> };

/** The made-up machine that commands run on; nothing in it comes from the host. */
export type Machine = { pod: KubeObject; container: string; clock: () => number; tty: boolean; closing: AbortSignal };

/** A program: gets its arguments without its name, returns its exit code. */
export type Program = (args: readonly string[], io: Io, machine: Machine) => Promise<number> | number;
