/**
 * Thrown by `apply` when a valid configuration cannot take effect yet. The reloader keeps the one in force and tries
 * again by itself. The message says why, for the operator.
 */
export class ReloadPostponed extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ReloadPostponed';
  }
}
