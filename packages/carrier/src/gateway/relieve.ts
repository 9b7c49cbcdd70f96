import { CarrierError } from '../shared/carrier-error.ts';
import { streamWindow } from '../shared/link.ts';
import type { LiveCarrier } from './live-carrier.ts';

/**
 * Keeps what waits for one connector below a limit. A reader that has stalled holds a whole window of its stream, and
 * enough of them would hold that of the carrier, so that all its streams stall. First the windows shrink. A connector
 * that sends more nevertheless loses the stream with the most.
 */
export function relieve(carriers: readonly LiveCarrier[], limit: number): void {
  const dials = carriers.flatMap((one) => [...one.dials]).map((dial) => ({ dial, waiting: dial.waiting }));
  let sum = dials.reduce((total, { waiting }) => total + waiting, 0);
  const share = sum / limit;
  for (const one of carriers) {
    if (share > 0.75) one.setWindow(64 * 1024);
    else if (share > 0.5) one.setWindow(Math.min(one.window, 256 * 1024));
    else if (share < 0.25) one.setWindow(streamWindow);
  }
  if (sum <= limit) return;
  dials.sort((one, other) => one.waiting - other.waiting);
  while (sum > limit) {
    const { dial, waiting } = dials.pop()!;
    sum -= waiting;
    dial.destroy(new CarrierError('busy', 'too much waits to be read from this connector'));
  }
}
