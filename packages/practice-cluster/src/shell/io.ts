import type { KubeObject } from '../objects/kube-object.ts';
import type { Input } from './input.ts';

/** The input and output of a command. */
export type Io = { stdin: Input; write: (to: 'stdout' | 'stderr', data: string | Uint8Array) => Promise<void> };

/** The simulated machine that commands run on. Nothing in it comes from the host. */
export type Machine = { pod: KubeObject; container: string; clock: () => number; tty: boolean; closing: AbortSignal };

/** A program. Receives its arguments without its name, and returns its exit code. */
export type Program = (args: readonly string[], io: Io, machine: Machine) => Promise<number> | number;
