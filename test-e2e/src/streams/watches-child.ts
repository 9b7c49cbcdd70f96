// Opens watches in a process of their own (open-watches-apart.ts).
import process from 'node:process';
import { openWatches, type OpenWatches } from './open-watches.ts';

export type WatchesOptions = { url: string; options: Parameters<typeof openWatches>[1] };
export type WatchesQuestion = 'count' | 'ended';

let watches: OpenWatches | undefined;

async function answer(message: WatchesOptions | WatchesQuestion): Promise<unknown> {
  if (typeof message === 'object') {
    watches = await openWatches(message.url, message.options);
    return 'open';
  }
  const { ended } = watches!;
  return message === 'count' ? ended.size : [...ended.values()];
}
process.on('message', (message: WatchesOptions | WatchesQuestion) => {
  void answer(message).then((value) => process.send!(value));
});
process.on('disconnect', () => process.exit());
