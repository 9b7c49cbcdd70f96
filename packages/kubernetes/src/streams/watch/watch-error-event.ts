import type { Status } from '../../status/status.ts';

/** Returns the last event of a JSON watch. Clients show its Status and end. */
export function watchErrorEvent(status: Status): Buffer {
  return Buffer.from(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
}
