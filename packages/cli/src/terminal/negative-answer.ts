/** The command ran, and its answer is no. It has already printed the answer, or was told to print nothing. */
export class NegativeAnswer extends Error {
  constructor() {
    super('the answer is no');
    this.name = 'NegativeAnswer';
  }
}
