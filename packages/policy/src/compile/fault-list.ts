/** Segments from the document's root, so that whoever read the text can say line and column. */
export type FaultPath = readonly (string | number)[];

/** Something wrong with a policy; `hint` is the nearest valid name or what to write instead. Never carries a value of the document. */
export type PolicyFault = { readonly path: FaultPath; readonly message: string; readonly hint?: string };

const maxFaults = 100;

/** Collects faults up to a bound: a hostile document must not be answered with a bigger one. */
export class FaultList {
  readonly #faults: PolicyFault[] = [];
  #left = 0;

  add(path: FaultPath, message: string, hint?: string): void {
    if (this.#faults.length >= maxFaults) {
      this.#left += 1;
      return;
    }
    this.#faults.push(hint === undefined ? { path, message } : { path, message, hint });
  }

  get size(): number {
    return this.#faults.length + this.#left;
  }

  list(): PolicyFault[] {
    if (this.#left === 0) return [...this.#faults];
    return [...this.#faults, { path: [], message: `and ${this.#left} more` }];
  }
}
