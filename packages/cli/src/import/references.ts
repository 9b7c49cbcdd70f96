import type { ImportReport } from './import-report.ts';
import type { Options } from './options.ts';

/** Reads a length of time as Go writes it (`1h30m0s`); undefined if Sallyport could not read it. */
export function readGoDuration(text: string): string | undefined {
  return /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text) ? text : undefined;
}

/** The name of an environment variable for a secret of a cluster. */
export function variableFor(cluster: string, what: string): string {
  return `SALLYPORT_${cluster.replaceAll('-', '_').toUpperCase()}_${what}`;
}

/** True if a text holds what Sallyport would replace when it reads its configuration. */
export function hasSubstitution(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('${');
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, item]) => key.includes('${') || hasSubstitution(item));
}

/** The name of a file, as it stands; undefined if there is none, or it could not be written down as it is. */
export function readFileName(options: Options, name: string, report: ImportReport): string | undefined {
  const file = options.text(name);
  if (file === undefined) return undefined;
  if (hasSubstitution(file)) {
    report.notCarried(
      options.at(name),
      'has ${ in it, which would be replaced when the result is read',
      'Write the name of the file by hand.',
    );
    return undefined;
  }
  if (!/^(?:\/|[A-Za-z]:[\\/])/.test(file))
    report.note(options.at(name), 'is a relative path', 'Sallyport reads it relative to its own configuration file.');
  return file;
}
