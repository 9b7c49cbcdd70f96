/** A violation that an observer found. Its message contains no byte of the stream. */
export class StreamFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StreamFault';
  }
}
