import type { Status } from '../../status/status.ts';

/** The last event of a JSON watch: clients show its Status and end. */
export function watchErrorEvent(status: Status): Buffer {
  return Buffer.from(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
}
