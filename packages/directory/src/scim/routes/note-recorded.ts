import type { Response } from 'express';

/**
 * Waits until a change that took effect is recorded, as long as the audit log may take. If it is not recorded by then,
 * the header `Sallyport-Recorded: false` says so: SCIM has no status for that, and a failure would be untrue.
 */
export async function noteRecorded(response: Response, recorded: Promise<boolean>): Promise<void> {
  if (!(await recorded)) response.setHeader('sallyport-recorded', 'false');
}
