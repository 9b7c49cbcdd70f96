import type { Logger } from '@sallyport/kit';

/** Whether events can be delivered. Logs one line when that ends, and one when they can be delivered again. */
export type DeliveryOutage = {
  readonly isOn: boolean;
  failed(reason: string, queued: number): void;
  recovered(queued: number): void;
};

/** Creates it. `now` returns milliseconds since the epoch. */
export function createDeliveryOutage({ logger, now }: { logger: Logger; now: () => number }): DeliveryOutage {
  let since: number | undefined;
  return {
    get isOn() {
      return since !== undefined;
    },
    failed(reason, queued) {
      if (since !== undefined) return;
      since = now();
      logger.warn({ reason, queued }, 'cannot deliver audit events; keeping them and retrying');
    },
    recovered(queued) {
      if (since === undefined) return;
      logger.info({ awayMs: Math.round(now() - since), queued }, 'delivering audit events again');
      since = undefined;
    },
  };
}
