import type { ExitStatus } from './stream-observer.ts';

type Cause = { reason?: unknown; message?: unknown };

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/**
 * Reads the Status at the end of exec and attach (protocol version 4 and later) like client-go: Success is exit code 0; a
 * Failure with the reason `NonZeroExitCode` has the code in its cause `ExitCode`. Undefined if it is not a Status.
 */
export function readExitStatus(json: string): { exitCode?: number; status: ExitStatus } | undefined {
  let value: Record<string, unknown> | null;
  try {
    value = JSON.parse(json) as Record<string, unknown> | null;
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || (value['status'] !== 'Success' && value['status'] !== 'Failure'))
    return undefined;
  const [reason, message] = [text(value['reason']), text(value['message'])];
  const status: ExitStatus = {
    status: value['status'],
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    ...(typeof value['code'] === 'number' && { code: value['code'] }),
  };
  const exitCode =
    status.status === 'Success' ? 0 : reason === 'NonZeroExitCode' ? exitCodeOf(value['details']) : undefined;
  return { status, ...(exitCode !== undefined && { exitCode }) };
}

function exitCodeOf(details: unknown): number | undefined {
  const causes = (details as { causes?: unknown } | null | undefined)?.causes;
  if (!Array.isArray(causes)) return undefined;
  const cause = (causes as (Cause | null)[]).find((each) => each?.reason === 'ExitCode');
  const digits = text(cause?.message);
  return digits !== undefined && /^\d{1,3}$/.test(digits) && Number(digits) <= 255 ? Number(digits) : undefined;
}
