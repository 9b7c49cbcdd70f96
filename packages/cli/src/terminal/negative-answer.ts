/**
 * The command did its work, has said that the answer is no (or was told to say nothing), and ends with the code for
 * that.
 */
export class NegativeAnswer extends Error {
  constructor() {
    super('the answer is no');
    this.name = 'NegativeAnswer';
  }
}
