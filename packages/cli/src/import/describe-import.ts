import { forTerminal } from '../terminal/for-terminal.ts';
import type { Missing } from './find-missing.ts';
import type { Finding } from './import-report.ts';
import type { PomeriumImport } from './import-pomerium.ts';

type Done = Extract<PomeriumImport, { ok: true }>;

function lines(file: string, findings: readonly Finding[]): string[] {
  return findings.flatMap(({ path, line, column, message, instead }) => {
    const place = line === undefined ? '' : `${file}:${line}:${column ?? 1}: `;
    const subject = path === '' ? '' : `${path}: `;
    return [
      `  ${forTerminal(`${place}${subject}${message}`)}`,
      ...(instead === undefined ? [] : [`      ${forTerminal(instead)}`]),
    ];
  });
}

/** Describes the import of a Pomerium configuration, and what the services still need before they start. */
export function describeImport(file: string, done: Done, missing: readonly Missing[]): string {
  const clusters = done.clusters.map(
    ({ source, cluster }) =>
      `  ${forTerminal(`${source} becomes cluster ${cluster.name}${cluster.host === undefined ? '' : `, at https://${cluster.host}`}`)}`,
  );
  const routes = done.routes.map(
    ({ source, route }) => `  ${forTerminal(`${source} becomes the web application ${route.from}`)}`,
  );
  const parts: [string, string[]][] = [
    ['Carried over:', [...clusters, ...routes]],
    [
      'Secrets, replaced by references:',
      done.secrets.flatMap((one) => lines(file, [{ ...one, message: `${one.message}, replaced by ${one.reference}` }])),
    ],
    ['To review:', lines(file, done.notes)],
    ['NOT CARRIED OVER:', lines(file, done.notCarried)],
    [
      'STILL MISSING, so the services do not start yet:',
      missing.map((one) =>
        forTerminal(`  ${one.path}: ${one.message}${one.hint === undefined ? '' : ` (${one.hint})`}`),
      ),
    ],
  ];
  return parts
    .filter(([, some]) => some.length > 0)
    .map(([heading, some]) => `${heading}\n${some.join('\n')}\n`)
    .join('\n');
}
