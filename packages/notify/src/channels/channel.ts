import type { Notice } from '@sallyport/contracts';

/** One receiver of notices. */
export type Channel = {
  name: string;
  /** Resolves when the receiver has taken the notice. Rejects with a DeliveryError, or when `signal` aborts. */
  send(notice: Notice, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

/** Why a receiver did not take a notice. The message names no address, because addresses can be secrets. */
export class DeliveryError extends Error {
  /** When the receiver wants to be tried again, in milliseconds from now. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.name = 'DeliveryError';
    this.retryAfterMs = retryAfterMs;
  }
}
