import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * A code block of a Markdown page. A comment in front of it, which readers do not see, says what a reader would know:
 *   <!-- test: skip reason="needs Docker" -->       the block is not run
 *   <!-- test: user=carol -->                       who logs in when a page opens (alice, unless another is named)
 *   <!-- test: fails="kubectl delete,sallyport" --> the commands that begin with one of these words fail
 *   <!-- test: background -->                       the command runs until it is stopped, and prints something before
 *   <!-- test: terminal=bob -->                     another terminal than that of the other blocks, in which Bob logs in
 *   <!-- test: waits -->                            the last command goes on, and what the next block does ends it
 *   <!-- test: picture=refusal -->                  docs/pictures/refusal.svg shows the commands, and what they print
 */
export type PageBlock = {
  page: string;
  line: number;
  language: string;
  /** The file that the block shows, if it names one. */
  file: string | undefined;
  text: string;
  skip: string | undefined;
  user: string;
  fails: readonly string[];
  background: boolean;
  terminal: string;
  waits: boolean;
  picture: string | undefined;
};

const root = fileURLToPath(new URL('../../../', import.meta.url));
const comment = /^\s*<!-- test: (.*) -->$/;
const known = new Set(['skip', 'reason', 'user', 'fails', 'background', 'terminal', 'waits', 'picture']);

/** Reads `user=carol fails="a, b" background`. Throws for a word that does not exist, which a typo would be. */
function readComment(text: string, where: string): Map<string, string> {
  const words = new Map(
    [...text.matchAll(/([a-z]+)(?:=(?:"([^"]*)"|(\S+)))?/g)].map(([, name, quoted, bare]) => [
      name!,
      quoted ?? bare ?? '',
    ]),
  );
  for (const name of words.keys()) if (!known.has(name)) throw new Error(`${where}: there is no "${name}"`);
  if (words.has('skip') !== words.has('reason'))
    throw new Error(`${where}: skip needs a reason, and only skip has one`);
  return words;
}

/** Reads the code blocks of a page, also those that are indented in a list. `page` is relative to the repository. */
export function readPage(page: string): PageBlock[] {
  const lines = readFileSync(`${root}${page}`, 'utf8').split('\n');
  const blocks: PageBlock[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const [, indent, info] = /^(\s*)```(.*)$/.exec(lines[at]!) ?? [];
    if (indent === undefined) {
      if (comment.test(lines[at]!) && !/^\s*```/.test(lines[at + 1] ?? ''))
        throw new Error(`${page}:${at + 1}: the comment is not in front of a code block`);
      continue;
    }
    const where = `${page}:${at + 1}`;
    const end = lines.findIndex((line, index) => index > at && line.trim() === '```');
    if (end < 0) throw new Error(`${where}: the code block does not end`);
    const words = readComment(comment.exec(lines[at - 1] ?? '')?.[1] ?? '', where);
    const [language = '', file] = info!.trim().split(/\s+/);
    const text = lines.slice(at + 1, end).map((line) => line.replace(indent, ''));
    blocks.push({
      page,
      line: at + 1,
      language,
      file,
      text: `${text.join('\n')}\n`,
      skip: words.get('reason'),
      user: words.get('user') ?? words.get('terminal') ?? 'alice',
      fails: (words.get('fails') ?? '').split(/,\s*/).filter((one) => one !== ''),
      background: words.has('background'),
      terminal: words.get('terminal') ?? '',
      waits: words.has('waits'),
      picture: words.get('picture'),
    });
    at = end;
  }
  return blocks;
}
