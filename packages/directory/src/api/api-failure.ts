/** Why an API could not be asked. Nothing of the request is in it. */
export class ApiFailure extends Error {
  /** The status of the answer, if there was one. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.name = 'ApiFailure';
    this.status = status;
  }
}
