/** What an observer cannot make sense of; its message holds no byte of the stream. */
export class StreamFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StreamFault';
  }
}
