/** Segments from the document's root, from which the reader of the text can find line and column. */
export type FaultPath = readonly (string | number)[];

/**
 * A fault of a policy. `hint` is the nearest valid name, or what to write instead. Never contains a value of the
 * document.
 */
export type PolicyFault = { readonly path: FaultPath; readonly message: string; readonly hint?: string };

const maxFaults = 100;

/** Collects faults up to a limit, so that the response to a hostile document is not larger than the document. */
export class FaultList {
  readonly #faults: PolicyFault[] = [];
  #omitted = 0;

  /** An expensive hint is passed as a function, which is called only if the fault is kept. */
  add(path: FaultPath, message: string, hint?: string | (() => string)): void {
    if (this.#faults.length >= maxFaults) {
      this.#omitted += 1;
      return;
    }
    const text = typeof hint === 'function' ? hint() : hint;
    this.#faults.push(text === undefined ? { path, message } : { path, message, hint: text });
  }

  get size(): number {
    return this.#faults.length + this.#omitted;
  }

  list(): PolicyFault[] {
    if (this.#omitted === 0) return [...this.#faults];
    return [...this.#faults, { path: [], message: `and ${this.#omitted} more` }];
  }
}
