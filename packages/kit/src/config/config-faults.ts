/**
 * A fault in a configuration: where, what, and what to do, but never the value itself. `file` is set for a file that the
 * configuration includes.
 */
export type ConfigFault = {
  path: string;
  message: string;
  hint?: string;
  /** The name of the kind of warning. */
  code?: string;
  /** What to write in this place instead, if it is clear. */
  suggestion?: string;
  file?: string;
  line?: number;
  column?: number;
};

/** All faults of a configuration. */
export class ConfigFaults extends Error {
  readonly file: string;
  readonly faults: readonly ConfigFault[];

  constructor(file: string, faults: readonly ConfigFault[]) {
    super(formatFaults(file, faults));
    this.name = 'ConfigFaults';
    this.file = file;
    this.faults = faults;
  }
}

/** Formats faults, one per line, in the form that editors understand: `file:line:column: path: message (hint) [code]`. */
export function formatFaults(file: string, faults: readonly ConfigFault[]): string {
  return faults
    .map((fault) => {
      const where = fault.file ?? file;
      const place = fault.line === undefined ? where : `${where}:${fault.line}:${fault.column ?? 1}`;
      const path = fault.path === '' ? '' : `${fault.path}: `;
      return `${place}: ${path}${fault.message}${fault.hint === undefined ? '' : ` (${fault.hint})`}${fault.code === undefined ? '' : ` [${fault.code}]`}`;
    })
    .join('\n');
}

/** Runs every check of a configuration. Returns the faults of all of them, and throws any other error at once. */
export function collectFaults(checks: readonly (() => unknown)[]): ConfigFault[] {
  return checks.flatMap((check) => {
    try {
      check();
      return [];
    } catch (error) {
      if (error instanceof ConfigFaults) return error.faults;
      throw error;
    }
  });
}
