/** Collects what a test has to stop, and stops it in reverse order. */
export class Closers {
  readonly #ends: (() => Promise<unknown>)[] = [];
  add(end: () => Promise<unknown>): void {
    this.#ends.push(end);
  }
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const end of this.#ends.splice(0).toReversed()) await end().catch((error: unknown) => failures.push(error));
    if (failures.length > 0)
      throw new AggregateError(
        failures,
        `a gateway did not stop cleanly: ${failures.map((one) => (one as Error).message).join('; ')}`,
      );
  }
}
