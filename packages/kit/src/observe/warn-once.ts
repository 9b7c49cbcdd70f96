import type { Logger } from './create-logger.ts';

/** Creates a warning that is logged once until recovery. Without `recovered`, recovery is not logged. */
export function createWarnOnce(logger: Logger, messages: { failed: string; recovered?: string }) {
  let warned = false;
  return {
    /** Logs the warning, unless it was logged since the last recovery. */
    failed(fields: object): void {
      if (!warned) logger.warn(fields, messages.failed);
      warned = true;
    },
    /** Logs the recovery if there was a failure; the next failure is logged again. */
    recovered(): void {
      if (warned && messages.recovered !== undefined) logger.info(messages.recovered);
      warned = false;
    },
  };
}
