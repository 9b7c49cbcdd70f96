/** A piece of a word: literal text, or text in which variables are expanded. */
export type Piece = { text: string; expand: boolean };
export type Word = Piece[];
/** The redirections that this shell supports: `>&2`, `2>&1`, `>/dev/null`. */
export type Redirect = { from: 'stdout' | 'stderr'; to: 'stdout' | 'stderr' | 'nowhere' };
export type SimpleCommand = { words: Word[]; redirects: Redirect[] };
/** A pipeline of commands, and when to run it: always, or only after success or failure. */
export type Step = { when: 'always' | 'success' | 'failure'; pipeline: SimpleCommand[] };

type Token =
  | { kind: 'word'; word: Word }
  | { kind: 'operator'; text: string }
  | { kind: 'redirect'; redirect: Redirect };

// First redirections, then operators, then the pieces of words.
const lexer =
  /(?<space>[ \t]+|\\\n|#[^\n]*)|(?<redirect>[12]?>&[12]|[12]?>{1,2}[ \t]*\/dev\/null)|(?<operator>&&|\|\||[;|\n])|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\[^])*)"|\\(?<escaped>[^])|(?<plain>[^\s'"\\;|&<>()`]+)/y;

/** Parses a script of simple commands, quotes, pipes, `;`, `&&` and `||`. Returns undefined for anything else. */
export function parseScript(script: string): Step[] | undefined {
  const tokens = tokenize(script);
  if (tokens === undefined) return undefined;
  const steps: Step[] = [];
  let step: Step = { when: 'always', pipeline: [{ words: [], redirects: [] }] };
  for (const token of tokens) {
    const command = step.pipeline.at(-1)!;
    if (token.kind === 'word') command.words.push(token.word);
    else if (token.kind === 'redirect') command.redirects.push(token.redirect);
    else if (token.text === '|') {
      if (command.words.length === 0) return undefined;
      step.pipeline.push({ words: [], redirects: [] });
    } else {
      if (!finish(steps, step, token.text)) return undefined;
      step = {
        when: token.text === '&&' ? 'success' : token.text === '||' ? 'failure' : 'always',
        pipeline: [{ words: [], redirects: [] }],
      };
    }
  }
  return finish(steps, step, step.when === 'always' ? ';' : '&&') ? steps : undefined;
}

// An empty command is allowed between line breaks, but not next to && or ||.
function finish(steps: Step[], step: Step, operator: string): boolean {
  const empty = step.pipeline.some(({ words }) => words.length === 0);
  if (!empty) steps.push(step);
  return !empty || (step.pipeline.length === 1 && step.when === 'always' && (operator === ';' || operator === '\n'));
}

function tokenize(script: string): Token[] | undefined {
  const tokens: Token[] = [];
  let word: Word | undefined;
  lexer.lastIndex = 0;
  while (lexer.lastIndex < script.length) {
    const found = lexer.exec(script)?.groups;
    if (found === undefined) return undefined;
    const piece = pieceOf(found);
    if (piece !== undefined) {
      if (word === undefined) tokens.push({ kind: 'word', word: (word = []) });
      word.push(piece);
      continue;
    }
    word = undefined;
    if (found.redirect !== undefined) tokens.push({ kind: 'redirect', redirect: redirectOf(found.redirect) });
    if (found.operator !== undefined) tokens.push({ kind: 'operator', text: found.operator });
  }
  return tokens;
}

function pieceOf({ single, double, escaped, plain }: Record<string, string | undefined>): Piece | undefined {
  if (plain !== undefined) return { text: plain, expand: true };
  if (double !== undefined) return { text: double.replace(/\\(["\\`\n])/g, '$1'), expand: true };
  const text = single ?? escaped;
  return text === undefined ? undefined : { text, expand: false };
}

function redirectOf(text: string): Redirect {
  const from = text.startsWith('2') ? 'stderr' : 'stdout';
  if (text.includes('/dev/null')) return { from, to: 'nowhere' };
  return { from, to: text.endsWith('2') ? 'stderr' : 'stdout' };
}
