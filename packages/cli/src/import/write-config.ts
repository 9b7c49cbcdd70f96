import { Document, isMap, isSeq } from 'yaml';
import { forTerminal } from '../terminal/for-terminal.ts';

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
