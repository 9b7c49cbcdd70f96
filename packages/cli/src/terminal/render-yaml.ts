import { stringify } from 'yaml';
import { jsonForTerminal } from './for-terminal.ts';

/**
 * Renders a result as YAML that is safe to print on a terminal. If a string in it has control characters, all strings
 * are written in quotes, with escapes. So is what readers of YAML 1.1, such as PyYAML, would not read as text: a time.
 */
export function renderYaml(data: unknown): string {
  const plain = JSON.parse(JSON.stringify(data)) as unknown;
  const isSafe = jsonForTerminal(plain) === JSON.stringify(plain) && !/\\u00|\\[bfnrt]/.test(JSON.stringify(plain));
  // JSON is valid YAML (1.2, section 1.3), and its escapes are valid there too.
  return isSafe ? stringify(plain, { lineWidth: 0, compat: 'yaml-1.1' }) : `${jsonForTerminal(plain, 2)}\n`;
}

/** Renders one of many results that are printed as they come: a YAML document, or a line of JSON. */
export function renderDocument(format: string, data: unknown): string {
  return format === 'yaml' ? `---\n${renderYaml(data)}` : `${jsonForTerminal(data)}\n`;
}
