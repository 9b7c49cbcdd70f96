/** Collects the conditions of a statement and the values of their parameters. */
export class Conditions {
  readonly values: unknown[] = [];
  readonly #parts: string[] = [];

  /** Returns the parameter for a value. */
  parameter(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  add(expression: string, value: unknown): void {
    this.addFor(value, (parameter) => `${expression} ${parameter}`);
  }

  addFor(value: unknown, expression: (parameter: string) => string): void {
    if (value !== undefined) this.#parts.push(expression(this.parameter(value)));
  }

  addAll(values: readonly unknown[], expression: (parameters: string[]) => string): void {
    this.#parts.push(expression(values.map((value) => this.parameter(value))));
  }

  addPlain(expression: string): void {
    this.#parts.push(expression);
  }

  get where(): string {
    return this.#parts.length === 0 ? '' : ` where ${this.#parts.join(' and ')}`;
  }
}
