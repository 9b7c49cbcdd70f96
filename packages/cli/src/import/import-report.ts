import type { ConfigFault } from '../config/gateway-config.ts';

/** The keys from the root of the source to an option. */
export type Keys = readonly (string | number)[];

/**
 * A finding about one option of the source: where it is, what became of it, and what to do. Never contains a secret.
 */
export type Finding = { path: string; line?: number; column?: number; message: string; instead?: string };

/** A plain text secret in the source, and the reference that replaces it in the result. */
export type SecretFinding = Finding & { reference: string };

/** `${env:NAME}` or `${file:/path}`, and a sample value, which is used to check the result. */
type Reference = { text: string; sample: string };

/** Collects the findings of an import. */
export type ImportReport = ReturnType<typeof createImportReport>;

type Place = (keys: readonly PropertyKey[]) => { line: number; column: number } | undefined;

/** Creates the report of one import. `place` finds an option in the text of the source. */
export function createImportReport(place: Place) {
  const faults: ConfigFault[] = [];
  const left: Finding[] = [];
  const notes: Finding[] = [];
  const secrets: SecretFinding[] = [];
  const samples = new Map<string, string>();
  const at = (keys: Keys) => ({ path: keys.join('.'), ...place(keys) });
  return {
    /** Reports that the source is invalid. Then nothing is written. */
    fault: (keys: Keys, message: string, hint?: string) =>
      void faults.push({ ...at(keys), message, ...(hint === undefined ? {} : { hint }) }),
    /** Reports that an option has no counterpart, why, and what to do instead. */
    notCarried: (keys: Keys, message: string, instead: string) => void left.push({ ...at(keys), message, instead }),
    /** Reports that an option is carried over, but changes its meaning or needs an action. */
    note: (keys: Keys, message: string, instead?: string) =>
      void notes.push({ ...at(keys), message, ...(instead === undefined ? {} : { instead }) }),
    /** Reports a secret in the source, and returns the reference that replaces it. */
    secret(keys: Keys, { text, sample }: Reference, instead: string): string {
      secrets.push({ ...at(keys), message: 'is a plain text secret', instead, reference: text });
      samples.set(text, sample);
      return text;
    },
    /** Returns a reference for a value that is not in the source. */
    refer({ text, sample }: Reference): string {
      samples.set(text, sample);
      return text;
    },
    faults,
    left,
    notes,
    secrets,
    /** A sample value for every reference in the result. */
    samples,
  };
}
