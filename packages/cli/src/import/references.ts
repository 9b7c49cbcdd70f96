import type { ImportReport } from './import-report.ts';
import type { Options } from './options.ts';

/** Reads a Go duration (`1h30m0s`). Returns undefined if Sallyport cannot read it. */
export function readGoDuration(text: string): string | undefined {
  return /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text) ? text : undefined;
}

/** Returns the name of an environment variable for a secret of a cluster. */
export function variableFor(cluster: string, what: string): string {
  return `SALLYPORT_${cluster.replaceAll('-', '_').toUpperCase()}_${what}`;
}

/** Reports whether a value contains `${`, which Sallyport replaces when it reads its configuration. */
export function hasSubstitution(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('${');
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, item]) => key.includes('${') || hasSubstitution(item));
}

/** Reads a file name. Returns undefined if there is none, or if it contains a substitution. */
export function readFileName(options: Options, name: string, report: ImportReport): string | undefined {
  const file = options.text(name);
  if (file === undefined) return undefined;
  if (hasSubstitution(file)) {
    report.notCarried(options.at(name), 'contains ${, which the gateway would replace', 'Write the file name by hand.');
    return undefined;
  }
  if (!/^(?:\/|[A-Za-z]:[\\/])/.test(file))
    report.note(
      options.at(name),
      'is a relative path',
      'Sallyport resolves it relative to its own configuration file.',
    );
  return file;
}
