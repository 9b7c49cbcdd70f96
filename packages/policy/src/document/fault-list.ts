import { nearestName, quoteName } from './nearest-name.ts';
import { kindOf } from './plain-object.ts';

/** Segments from the document's root, from which the reader of the text can find line and column. */
export type FaultPath = readonly (string | number)[];

/** What a fault or a warning says besides what is wrong. */
type Advice = {
  /** The nearest valid name, or what to write instead. */
  readonly hint?: string;
  /** The name of the kind of warning. */
  readonly code?: string;
  /** What to write in this place instead, if it is clear. */
  readonly suggestion?: string;
  /** The rule that a warning refers to: its policy, and its path in that policy's document. */
  readonly related?: { readonly scope: string; readonly path: FaultPath };
};

/** A fault of a policy, or a warning. Never contains a value of the document, except for names that are quoted. */
export type PolicyFault = Advice & { readonly path: FaultPath; readonly message: string };

const maxFaults = 100;

/** Collects faults up to a limit, so that the response to a hostile document is not larger than the document. */
export class FaultList {
  readonly #faults: PolicyFault[] = [];
  #omitted = 0;

  /**
   * An expensive hint is passed as a function, which is called only if the fault is kept. Returns undefined, for a reader
   * that has nothing to return then.
   */
  add(path: FaultPath, message: string, advice?: string | (() => string) | Advice): undefined {
    if (this.#faults.length >= maxFaults) {
      this.#omitted += 1;
      return;
    }
    const given = typeof advice === 'function' ? advice() : advice;
    this.#faults.push({ path, message, ...(typeof given === 'string' ? { hint: given } : given) });
  }

  /** Adds that data is not what it must be. */
  addKind(path: FaultPath, what: string, data: unknown, hint?: string): undefined {
    return this.add(path, `must be ${what}, not ${kindOf(data)}`, hint);
  }

  /** Adds that a name is none of those that can be written there. */
  addUnknown(path: FaultPath, what: string, written: string, names: readonly string[]): undefined {
    return this.add(
      path,
      `unknown ${what} ${quoteName(written)}`,
      () => `did you mean ${nearestName(written, names)}?`,
    );
  }

  /** Adds those keys of a mapping that are none of these names. */
  addUnknownKeys(path: FaultPath, what: string, data: object, names: readonly string[]): void {
    for (const key of Object.keys(data)) if (!names.includes(key)) this.addUnknown([...path, key], what, key, names);
  }

  get size(): number {
    return this.#faults.length + this.#omitted;
  }

  list(): PolicyFault[] {
    if (this.#omitted === 0) return [...this.#faults];
    return [...this.#faults, { path: [], message: `and ${this.#omitted} more` }];
  }
}
