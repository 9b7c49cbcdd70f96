import { jsonForTerminal } from './for-terminal.ts';
import type { OutputFormat } from './output.ts';
import { renderYaml } from './render-yaml.ts';

/** Renders one of many results that are printed as they come: a YAML document, or a line of JSON. */
export function renderDocument(format: OutputFormat, data: unknown): string {
  return format === 'yaml' ? `---\n${renderYaml(data)}` : `${jsonForTerminal(data)}\n`;
}
