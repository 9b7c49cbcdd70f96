// Records numbered lines until it is killed. Says on stdout which parts are published, and which line is written, as the
// client would get it.
import { writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { openRecorder } from '../recorder/open-recorder.ts';
import { sampleHead } from './create-recorder-bed.ts';
import { createMemoryStore } from './create-memory-store.ts';

const [dir = '', recipient = '', id = '', seed = '1'] = process.argv.slice(2);
const store = createMemoryStore();
store.isAway = true;
const recorder = await openRecorder({
  dir,
  store,
  recipients: [recipient],
  maxBytes: 1024 ** 3,
  now: Date.now,
  publish: {
    part: async (_recording, part) => void writeSync(1, `part ${JSON.stringify(part)}\n`),
    async finished() {},
  },
  logger: { info() {}, warn() {}, error() {} },
});
const waiting: { offset: number; line: number }[] = [];
const writer = await recorder.begin(
  sampleHead({ id }),
  {},
  {
    written(offset) {
      let line = 0;
      while (waiting[0] && waiting[0].offset <= offset) line = waiting.shift()!.line;
      if (line > 0) writeSync(1, `written ${line}\n`);
    },
    failed(error) {
      throw error;
    },
  },
);
let random = Number(seed);
const next = (limit: number) => (random = (random * 1_103_515_245 + 12_345) % 2 ** 31) % limit;
for (let line = 1; ; line += 1) {
  waiting.push({ offset: writer.data('stdout', Buffer.from(`${line} `.padEnd(next(5000), '.') + '\n')), line });
  if (next(20) === 0 || writer.waiting > 1_000_000) await setImmediate();
  if (next(300) === 0) await new Promise((resolve) => setTimeout(resolve, next(8)));
}
