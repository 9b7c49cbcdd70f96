import type { SallyportPart } from '@sallyport/contracts';
import { clientText } from '../credential/client-text.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { HiddenText } from './hidden-text.ts';

/** Describes what a `kubectl cp` has copied. Paths are as hidden as the command, which has them too. */
export function describeCopy(
  { copy, observer }: Pick<Exchange, 'copy' | 'observer'>,
  hidden: HiddenText,
): SallyportPart['copy'] {
  if (!copy || !observer) return undefined;
  const shown = (path: string) => clientText(hidden.of(path), hidden.ofToken).toWellFormed();
  const { bytes, files, fileCount, sha256, unread } = copy.copied(observer.reason);
  return {
    bytes,
    direction: copy.direction,
    fileCount,
    files: files.map((file) => ({ ...file, path: shown(file.path) })),
    path: shown(copy.path),
    sha256,
    unread,
  };
}
