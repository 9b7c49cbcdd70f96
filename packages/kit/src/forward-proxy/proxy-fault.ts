/**
 * A forward proxy that cannot be used: its setting is wrong, or it does not connect. `hint` says what to do. Neither text has
 * the password of the proxy.
 */
export class ProxyFault extends Error {
  override readonly name = 'ProxyFault';
  readonly kind: 'setting' | 'unreachable';
  readonly hint: string;

  constructor(kind: 'setting' | 'unreachable', message: string, hint: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
    this.hint = hint;
  }
}
