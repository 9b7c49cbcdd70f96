import { jsonForTerminal } from './for-terminal.ts';
import { render, type OutputFormat } from './output.ts';

/**
 * Renders an answer as YAML that is safe to show on a terminal: where a text in it could command one, all texts are
 * written in quotes, with escapes.
 */
export async function renderYaml(data: unknown): Promise<string> {
  const { stringify } = await import('yaml');
  const plain = JSON.parse(JSON.stringify(data)) as unknown;
  const isSafe = jsonForTerminal(plain) === JSON.stringify(plain) && !/\\u00|\\[bfnrt]/.test(JSON.stringify(plain));
  // JSON is YAML (1.2, section 1.3): where letters need escapes, its own are right.
  return isSafe ? stringify(plain, { lineWidth: 0 }) : `${jsonForTerminal(plain, 2)}\n`;
}

/** Like render, for commands that know YAML too. */
export async function renderAlsoYaml(
  format: OutputFormat | 'yaml',
  data: unknown,
  text: () => string,
): Promise<string> {
  return format === 'yaml' ? renderYaml(data) : render(format, data, text);
}
