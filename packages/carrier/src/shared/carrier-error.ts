export type CarrierErrorCode =
  /** No TCP or TLS connection to the gateway. */
  | 'unreachable'
  /** The gateway, or what is in front of it, did not accept the upgrade. `status` is its answer. */
  | 'upgrade-refused'
  /** The gateway has another key than those that are pinned. */
  | 'other-gateway'
  /** The gateway does not know this connector's key. */
  | 'not-known'
  /** Something was not in time. */
  | 'timeout'
  /** The peer broke the protocol. */
  | 'protocol'
  /** The carrier is gone, and with it this dial. */
  | 'carrier-lost'
  /** The address is not on the connector's list. */
  | 'not-allowed'
  /** The connector could not connect to the address. */
  | 'dial-failed'
  /** The other end of a dial closed it before its end. */
  | 'reset'
  /** Too many streams, or too many bytes wait. */
  | 'busy';

/** Says why a carrier or a dial ended or did not begin. */
export class CarrierError extends Error {
  readonly code: CarrierErrorCode;
  readonly status: number | undefined;

  constructor(code: CarrierErrorCode, message: string, options: { cause?: unknown; status?: number } = {}) {
    super(message, { cause: options.cause });
    this.name = 'CarrierError';
    this.code = code;
    this.status = options.status;
  }
}
