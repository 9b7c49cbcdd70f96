import type { ConfigFault } from './config-faults.ts';
import type { FindPlace } from './yaml-places.ts';

type Path = readonly (string | number)[];
type Fault = {
  readonly path: Path;
  readonly message: string;
  readonly hint?: string;
  readonly code?: string;
  readonly suggestion?: string;
  readonly related?: { readonly path: Path };
};

/** Returns a fault with its place in the file. A rule that it refers to is named by its place in the message. */
export function locateFault({ path, message, hint, code, suggestion, related }: Fault, place: FindPlace): ConfigFault {
  const other = related && place(related.path);
  const where = other ? `, see ${other.file === undefined ? '' : `${other.file}, `}line ${other.line}` : '';
  return {
    path: path.join('.'),
    message: `${message}${where}`,
    ...(hint === undefined ? {} : { hint }),
    ...(code === undefined ? {} : { code }),
    ...(suggestion === undefined ? {} : { suggestion }),
    ...place(path),
  };
}
