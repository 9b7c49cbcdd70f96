import type { Environment } from '../environment/environment.ts';

/** Tells the user if the gateway says that the audit log has not recorded yet what it did (`recorded: false`). */
export function noteUnrecorded({ stderr }: Pick<Environment, 'stderr'>, body: unknown): void {
  if (typeof body !== 'object' || body === null || (body as { recorded?: unknown }).recorded !== false) return;
  stderr.write('The audit log could not record this yet. The gateway keeps the event and records it later.\n');
}
