import type { Logger } from './create-logger.ts';

/** Logs a failure that repeats itself once, not at every attempt. */
type WarnOnce = {
  /** Logs the warning, unless it was logged since the last recovery. */
  failed(fields: object): void;
  /** Logs the recovery if there was a failure; the next failure is logged again. */
  recovered(): void;
};

/** Creates a warning that is logged once until recovery. Without `recovered`, recovery is not logged. */
export function createWarnOnce(logger: Logger, messages: { failed: string; recovered?: string }): WarnOnce {
  let warned = false;
  return {
    failed(fields) {
      if (!warned) logger.warn(fields, messages.failed);
      warned = true;
    },
    recovered() {
      if (warned && messages.recovered !== undefined) logger.info(messages.recovered);
      warned = false;
    },
  };
}
