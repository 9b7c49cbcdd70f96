// Loaded with --import into the services of a test: shifts the clock of a process by the milliseconds in the file with
// the name of its process id, as soon as that file changes. Timers and performance.now() go on as they are, as they do
// when the clock of a machine is set.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const RealDate = Date;
const file = path.join(process.env['SALLYPORT_TEST_CLOCKS']!, String(process.pid));
let offset = 0;

class ShiftedDate extends RealDate {
  constructor(...given: unknown[]) {
    super(...((given.length === 0 ? [ShiftedDate.now()] : given) as [number]));
  }

  static override now(): number {
    return RealDate.now() + offset;
  }
}
globalThis.Date = ShiftedDate as DateConstructor;

setInterval(() => {
  try {
    offset = Number(readFileSync(file, 'utf8'));
  } catch {
    // There is no file as long as the clock is right.
  }
}, 20).unref();
