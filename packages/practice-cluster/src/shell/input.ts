import type { KubeObject } from '../objects/kube-object.ts';

/** Bytes that arrive and are read once, later. */
export type Input = {
  push: (data: Buffer) => void;
  end: () => void;
  /** Returns the next bytes, or undefined at the end. */
  read: () => Promise<Buffer | undefined>;
  /** The bytes that have not been read yet. */
  waiting: () => number;
};

/** Creates an empty input. `onRead` is called whenever bytes are read. */
export function createInput(onRead?: () => void): Input {
  const chunks: Buffer[] = [];
  let length = 0;
  let ended = false;
  let wake: (() => void) | undefined;
  return {
    push(data) {
      if (ended || data.length === 0) return;
      chunks.push(data);
      length += data.length;
      wake?.();
    },
    end() {
      ended = true;
      wake?.();
    },
    async read() {
      if (chunks.length === 0 && !ended)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      wake = undefined;
      const next = chunks.shift();
      length -= next?.length ?? 0;
      onRead?.();
      return next;
    },
    waiting: () => length,
  };
}

/** Creates an input that contains the given bytes and then ends. */
export function inputOf(bytes: Buffer): Input {
  const input = createInput();
  input.push(bytes);
  input.end();
  return input;
}

/** The input and output of a command. */
export type Io = { stdin: Input; write: (to: 'stdout' | 'stderr', data: string | Uint8Array) => Promise<void> };

/** The simulated machine that commands run on. Nothing in it comes from the host. */
export type Machine = { pod: KubeObject; container: string; clock: () => number; tty: boolean; closing: AbortSignal };

/** A program. Receives its arguments without its name, and returns its exit code. */
export type Program = (args: readonly string[], io: Io, machine: Machine) => Promise<number> | number;
