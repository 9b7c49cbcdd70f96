// Lays out a Helm chart as Helm packages it.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

/**
 * Copies a chart to a directory of its name, with the license. Throws unless it and the image that it starts have the
 * version of the release.
 */
export function stageChart({ source, directory, version, license }) {
  const { name: chart, version: own, appVersion } = parse(readFileSync(path.join(source, 'Chart.yaml'), 'utf8'));
  for (const [name, found] of Object.entries({ version: own, appVersion }))
    if (found !== version) throw new Error(`charts/${chart}/Chart.yaml: ${name} is ${found}. Set it to ${version}`);
  const to = path.join(directory, chart);
  cpSync(source, to, { recursive: true });
  writeFileSync(path.join(to, 'LICENSE'), license);
}
