// Records one session that stays open and some that end, each when a line comes in on stdin.
import { once } from 'node:events';
import { until } from '@sallyport/kit/testing';
import { openRecorder } from '../recorder/open-recorder.ts';
import { openRecordingStore } from '../store/open-recording-store.ts';
import { sampleHead } from './create-recorder-bed.ts';

const [dir = '', storeDir = '', recipient = ''] = process.argv.slice(2);
const log = () => undefined;
const recorder = await openRecorder({
  dir,
  recipients: [recipient],
  maxBytes: 1024 ** 3,
  now: Date.now,
  store: await openRecordingStore({ dir: storeDir }),
  publish: { async part() {}, async finished() {} },
  logger: { info: log, warn: log, error: log },
});
const begin = async () => {
  const writer = await recorder.begin(sampleHead(), {}, { written() {}, failed() {} });
  writer.data('stdout', Buffer.alloc(100_000, 'x'));
  await until(() => writer.waiting === 0);
  return writer;
};
await begin();
const ending = [];
for (let count = 0; count < 10; count += 1) ending.push(await begin());
process.stdout.write('written\n');
await once(process.stdin, 'data');
for (const writer of ending) await writer.finish({});
// As happens by itself in a process that goes on working.
globalThis.gc!();
process.stdout.write('finished\n');
await once(process.stdin, 'data');
process.exit();
