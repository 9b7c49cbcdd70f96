import { CliError } from '../terminal/cli-error.ts';

const reasons: Record<string, string> = {
  EACCES: 'you have no permission',
  EPERM: 'you have no permission',
  EROFS: 'its file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your disk quota is used up',
  ENOTDIR: 'a part of its path is not a directory',
  EISDIR: 'it is a directory',
  ENOENT: 'it cannot be created there',
  ELOOP: 'its symbolic links form a circle',
};

/** Returns the error for a file that cannot be read or written. `hint` says what to do about it. */
export function fileFault(file: string, error: unknown, hint: string): CliError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
  const reason = reasons[code];
  return new CliError(
    'local-file',
    `${file} cannot be used${reason === undefined ? '' : `: ${reason}`} (${code})`,
    hint,
    { cause: error },
  );
}
