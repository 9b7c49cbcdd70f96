import type { ConfigFault } from '../config/gateway-config.ts';

/** Keys from the root of the source to the option that is meant. */
export type Keys = readonly (string | number)[];

/**
 * Something to know about one option of the source: where it stands, what became of it, and what to do. Never carries a
 * secret.
 */
export type Finding = { path: string; line?: number; column?: number; message: string; instead?: string };

/** A secret that stands in the source in clear, and the reference that stands in the result for it. */
export type SecretFinding = Finding & { reference: string };

/** `${env:NAME}` or `${file:/path}`, and a value of the right form in its place, for checking the result. */
export type Reference = { text: string; sample: string };

/** What an import has found so far. */
export type ImportReport = {
  /** The source cannot be read as it is; nothing is written. */
  fault(keys: Keys, message: string, hint?: string): void;
  /** An option has no counterpart: why, and what to do instead. */
  notCarried(keys: Keys, message: string, instead: string): void;
  /** An option is carried, but something about it changes or remains to be done. */
  note(keys: Keys, message: string, instead?: string): void;
  /** Returns the reference to write in place of a secret that stands in the source. */
  secret(keys: Keys, reference: Reference, instead: string): string;
  /** Returns a reference to write for what does not stand in the source. */
  refer(reference: Reference): string;
  readonly faults: readonly ConfigFault[];
  readonly left: readonly Finding[];
  readonly notes: readonly Finding[];
  readonly secrets: readonly SecretFinding[];
  /** A value of the right form for every reference in the result. */
  readonly samples: ReadonlyMap<string, string>;
};

type Place = (keys: readonly PropertyKey[]) => { line: number; column: number } | undefined;

/** Creates the report of one import; `place` finds an option in the source's text. */
export function createImportReport(place: Place): ImportReport {
  const faults: ConfigFault[] = [];
  const left: Finding[] = [];
  const notes: Finding[] = [];
  const secrets: SecretFinding[] = [];
  const samples = new Map<string, string>();
  const at = (keys: Keys) => ({ path: keys.join('.'), ...place(keys) });
  return {
    fault: (keys, message, hint) => void faults.push({ ...at(keys), message, ...(hint === undefined ? {} : { hint }) }),
    notCarried: (keys, message, instead) => void left.push({ ...at(keys), message, instead }),
    note: (keys, message, instead) =>
      void notes.push({ ...at(keys), message, ...(instead === undefined ? {} : { instead }) }),
    secret(keys, { text, sample }, instead) {
      secrets.push({
        ...at(keys),
        message: 'is a secret in clear text; the result refers to it instead',
        instead,
        reference: text,
      });
      samples.set(text, sample);
      return text;
    },
    refer({ text, sample }) {
      samples.set(text, sample);
      return text;
    },
    faults,
    left,
    notes,
    secrets,
    samples,
  };
}
