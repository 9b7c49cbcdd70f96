/** Thrown when the log refuses the events themselves, so that sending them again is pointless. */
export class UndeliverableError extends Error {
  override readonly name = 'UndeliverableError';
}
