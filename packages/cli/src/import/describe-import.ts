import { forTerminal } from '../terminal/for-terminal.ts';
import type { Finding } from './import-report.ts';
import type { PomeriumImport } from './import-pomerium.ts';
import { Document, isMap, isSeq } from 'yaml';
import type { ConfigFault } from '../config/gateway-config.ts';

/** Something that the services still need before they start with the result. */
export type Missing = Pick<ConfigFault, 'path' | 'message' | 'hint'>;

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

const width = 140;

/** Renders an imported configuration as YAML, with a comment on the source of each cluster and route. */
export function writeConfig(
  config: Record<string, unknown>,
  about: {
    source: string;
    clusters: readonly { source: string }[];
    routes: readonly { source: string }[];
    left: number;
    secrets: number;
  },
): string {
  const document = new Document(config, { aliasDuplicateObjects: false });
  const head = [`Converted from ${about.source} by "sallyport config import".`];
  if (about.left > 0)
    head.push(
      `${about.left} ${about.left === 1 ? 'option was' : 'options were'} not carried over. The import lists them, and what to do instead.`,
    );
  if (about.secrets > 0)
    head.push('Secrets of the source are not included. Each ${...} must be available when the gateway starts.');
  document.commentBefore = head.map((line) => ` ${forTerminal(line)}`).join('\n');
  for (const section of ['clusters', 'routes'] as const) {
    const list = document.get(section);
    if (!isSeq(list)) continue;
    list.items.forEach((item, index) => {
      const source = about[section][index]?.source;
      if (isMap(item) && source !== undefined) item.commentBefore = ` ${forTerminal(source)} in the source`;
    });
  }
  return document.toString({ lineWidth: width });
}
