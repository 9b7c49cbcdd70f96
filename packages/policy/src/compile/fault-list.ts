/** Segments from the document's root, so that whoever read the text can say line and column. */
export type FaultPath = readonly (string | number)[];

/**
 * Something wrong with a policy; `hint` is the nearest valid name or what to write instead. Never carries a value of
 * the document.
 */
export type PolicyFault = { readonly path: FaultPath; readonly message: string; readonly hint?: string };

const maxFaults = 100;

/** Collects faults up to a bound: a hostile document must not be answered with a bigger one. */
export class FaultList {
  readonly #faults: PolicyFault[] = [];
  #left = 0;

  /** A hint that takes work is given as a function, which is called only if the fault is kept. */
  add(path: FaultPath, message: string, hint?: string | (() => string)): void {
    if (this.#faults.length >= maxFaults) {
      this.#left += 1;
      return;
    }
    const text = typeof hint === 'function' ? hint() : hint;
    this.#faults.push(text === undefined ? { path, message } : { path, message, hint: text });
  }

  get size(): number {
    return this.#faults.length + this.#left;
  }

  list(): PolicyFault[] {
    if (this.#left === 0) return [...this.#faults];
    return [...this.#faults, { path: [], message: `and ${this.#left} more` }];
  }
}
