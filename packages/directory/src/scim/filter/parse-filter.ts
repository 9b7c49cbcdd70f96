import { fold } from '../../groups/keys.ts';
import { ScimError } from '../answer/scim-error.ts';
import { findAttribute, type FoundAttribute, type ResourceSchema } from '../schema/attribute.ts';
import { comparisons, type Comparison, type Filter, type FilterValue } from './filter.ts';

type Sign = '(' | ')' | '[' | ']';
type Token = { type: 'word'; text: string } | { type: 'text'; value: string } | { type: 'sign'; sign: Sign };

/** The maximum length of a filter or path, in characters. */
export const maxFilterLength = 4096;

/** Spaces, a sign, a string in quotes, or a word. Each character of a filter is visited once. */
const lexer = /\s+|(?<sign>[()[\]])|(?<text>"(?:[^"\\]|\\[^])*")|(?<word>[^\s()[\]"]+)/y;

function readString(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    throw new ScimError(400, 'A string in the filter is not a valid JSON string.', 'invalidFilter');
  }
}

/** Splits a filter into tokens in one pass. */
function tokenize(text: string): Token[] {
  if (text.length > maxFilterLength)
    throw new ScimError(400, `The filter is longer than ${maxFilterLength} characters.`, 'invalidFilter');
  const tokens: Token[] = [];
  lexer.lastIndex = 0;
  while (lexer.lastIndex < text.length) {
    const found = lexer.exec(text)?.groups as { sign?: Sign; text?: string; word?: string } | undefined;
    // Only a quote can begin what does not match.
    if (!found) throw new ScimError(400, 'A string in the filter has no closing quote.', 'invalidFilter');
    if (found.sign !== undefined) tokens.push({ type: 'sign', sign: found.sign });
    else if (found.text !== undefined) tokens.push({ type: 'text', value: readString(found.text) });
    else if (found.word !== undefined) tokens.push({ type: 'word', text: found.word });
  }
  return tokens;
}

const maxComparisons = 64;
const maxDepth = 16;
const bad = (detail: string) => new ScimError(400, detail, 'invalidFilter');
const shown = (text: string) => JSON.stringify(text.slice(0, 100));

/** Resolves a path in the scope of the filter: a resource, or one value of a multi-valued attribute. */
type Resolve = (path: string) => FoundAttribute;

function resolveIn(schema: ResourceSchema): Resolve {
  return (path) => {
    const found = findAttribute(schema, path);
    if (found === undefined || found === 'extension') throw bad(`The schema has no attribute ${shown(path)}.`);
    return found;
  };
}

function resolveInElement({ attribute, extension }: FoundAttribute): Resolve {
  return (path) => {
    const subAttribute = attribute.subAttributes?.find(({ name }) => name.toLowerCase() === path.toLowerCase());
    if (!subAttribute) throw bad(`${attribute.name} has no sub-attribute ${shown(path)}.`);
    return { extension, attribute: subAttribute, subAttribute: undefined };
  };
}

function readLiteral(token: Token | undefined): FilterValue {
  if (token?.type === 'text') return token.value;
  if (token?.type !== 'word') throw bad('A comparison has no value.');
  if (token.text === 'true' || token.text === 'false') return token.text === 'true';
  if (token.text === 'null') return null;
  if (/^-?\d{1,15}(?:\.\d{1,15})?$/.test(token.text)) return Number(token.text);
  throw bad('A value must be a string in double quotes, true, false, null or a number.');
}

/** A recursive descent parser: or, and, not, comparison. It consumes every token once, and its depth is bounded. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #terms = 0;
  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(resolve: Resolve): Filter {
    const filter = this.#or(resolve, 0);
    if (this.#at < this.#tokens.length) throw bad('There is unexpected text after the filter.');
    return filter;
  }

  #peek = (): Token | undefined => this.#tokens[this.#at];
  #isSign = (sign: string): boolean => {
    const token = this.#peek();
    return token?.type === 'sign' && token.sign === sign;
  };
  #isWord = (word: string): boolean => {
    const token = this.#peek();
    return token?.type === 'word' && token.text.toLowerCase() === word;
  };
  #expect(sign: string): void {
    if (!this.#isSign(sign)) throw bad(`"${sign}" is missing.`);
    this.#at += 1;
  }

  #joined(word: 'and' | 'or', next: () => Filter): Filter {
    const terms = [next()];
    while (this.#isWord(word)) {
      this.#at += 1;
      terms.push(next());
    }
    return terms.length === 1 ? terms[0]! : { type: word, terms };
  }
  #or = (resolve: Resolve, depth: number): Filter => {
    if (depth > maxDepth) throw bad(`The filter is nested more than ${maxDepth} levels deep.`);
    return this.#joined('or', () => this.#joined('and', () => this.#term(resolve, depth)));
  };

  #grouped(resolve: Resolve, depth: number): Filter {
    this.#expect('(');
    const filter = this.#or(resolve, depth + 1);
    this.#expect(')');
    return filter;
  }

  #term(resolve: Resolve, depth: number): Filter {
    if (this.#isSign('(')) return this.#grouped(resolve, depth);
    if (this.#isWord('not')) {
      this.#at += 1;
      return { type: 'not', term: this.#grouped(resolve, depth) };
    }
    return this.#comparison(resolve, depth);
  }

  #comparison(resolve: Resolve, depth: number): Filter {
    this.#terms += 1;
    if (this.#terms > maxComparisons) throw bad(`The filter has more than ${maxComparisons} comparisons.`);
    const token = this.#peek();
    if (token?.type !== 'word') throw bad('An attribute is missing.');
    this.#at += 1;
    const path = resolve(token.text);
    return this.#isSign('[') ? this.#some(path, depth) : this.#compare(path);
  }

  /** Parses `emails[type eq "work"]`, and the form that some clients send: `emails[type eq "work"].value eq "..."`. */
  #some(path: FoundAttribute, depth: number): Filter {
    if (!path.attribute.multiValued || path.subAttribute)
      throw bad(`${path.attribute.name} is not multi-valued, so it cannot have a filter in brackets.`);
    this.#expect('[');
    const inside = resolveInElement(path);
    const filter = this.#or(inside, depth + 1);
    this.#expect(']');
    const next = this.#peek();
    if (next?.type !== 'word' || !next.text.startsWith('.')) return { type: 'some', path, filter };
    this.#at += 1;
    return { type: 'some', path, filter: { type: 'and', terms: [filter, this.#compare(inside(next.text.slice(1)))] } };
  }

  #compare(path: FoundAttribute): Filter {
    const token = this.#peek();
    const op = token?.type === 'word' ? token.text.toLowerCase() : '';
    this.#at += 1;
    if (op === 'pr') return { type: 'present', path };
    if (!comparisons.includes(op as Comparison))
      throw bad(`An operator is missing. The operators are ${comparisons.join(', ')} and pr.`);
    const value = readLiteral(this.#peek());
    this.#at += 1;
    const order = op !== 'eq' && op !== 'ne';
    if (order && typeof value !== 'string') throw bad(`${op} compares only strings.`);
    const folded = typeof value === 'string' ? fold(value) : value;
    return { type: 'compare', path, op: op as Comparison, value, folded };
  }
}

/** Parses a filter over the resources of a schema. Throws a ScimError (invalidFilter). */
export function parseFilter(text: string, schema: ResourceSchema): Filter {
  return new Parser(tokenize(text)).whole(resolveIn(schema));
}

/** Parses a filter over the values of a multi-valued attribute. Throws a ScimError (invalidFilter). */
export function parseElementFilter(text: string, list: FoundAttribute): Filter {
  return new Parser(tokenize(text)).whole(resolveInElement(list));
}
