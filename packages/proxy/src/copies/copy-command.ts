import type { SessionCopy } from '../exchange/session-copy.ts';

export type CopyCommand = Pick<SessionCopy, 'direction' | 'path'> & {
  /** Where in the archive the stream begins, from 1. */
  firstByte: number;
};

/** With `--retries`, kubectl lets a shell run it. A path that the shell would read as more than a word is no copy. */
const resumable = /^tar cf - ([\w./:@%+=,-]+) \| tail -c\+(\d{1,15})$/;

/** Reads a command as `kubectl cp` runs it. Undefined if it is another one. */
export function readCopyCommand(command: readonly string[]): CopyCommand | undefined {
  if (command.length === 3 && command[0] === 'sh' && command[1] === '-c') {
    const [, path, firstByte] = resumable.exec(command[2]!) ?? [];
    return path === undefined ? undefined : { direction: 'download', path, firstByte: Math.max(1, Number(firstByte)) };
  }
  if (command[0] !== 'tar') return undefined;
  const words = command.slice(1).filter((word) => word !== '--no-same-permissions' && word !== '--no-same-owner');
  const [mode, file, ...rest] = words;
  if (file !== '-') return undefined;
  if (/^-?cf$/.test(mode!) && rest.length === 1) return { direction: 'download', path: rest[0]!, firstByte: 1 };
  if (!/^-?xm?f$/.test(mode!)) return undefined;
  if (rest.length === 0) return { direction: 'upload', path: '.', firstByte: 1 };
  return rest.length === 2 && rest[0] === '-C' ? { direction: 'upload', path: rest[1]!, firstByte: 1 } : undefined;
}
