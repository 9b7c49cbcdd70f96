import { ConfigFaults, createFileFollower } from '@sallyport/kit';
import type { OnCallList } from './on-call-list.ts';
import { readOnCallFile } from './read-on-call-file.ts';

/**
 * Reads a file into a list, and again whenever it changes. Throws ConfigFaults if it is faulty at the start. A faulty
 * version later is refused, and the previous one stays in force. Returns a function that stops.
 */
export function followOnCallFile(file: string, list: Pick<OnCallList, 'take' | 'fail'>): () => void {
  const first = readOnCallFile(file);
  if ('fault' in first) throw new ConfigFaults(file, [{ path: '', message: first.fault }]);
  list.take(first.users);
  const follower = createFileFollower({
    onChange() {
      const next = readOnCallFile(file);
      follower.follow(new Map([[file, next.identity]]));
      if ('fault' in next) list.fail(next.fault);
      else list.take(next.users);
    },
  });
  follower.follow(new Map([[file, first.identity]]));
  return () => follower.close();
}
