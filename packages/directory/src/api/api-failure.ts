/** Tells why a request to an API failed. Contains nothing of the request's headers or body. */
export class ApiFailure extends Error {
  /** The status of the answer, if there was one. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.name = 'ApiFailure';
    this.status = status;
  }
}
