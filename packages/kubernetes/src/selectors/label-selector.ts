import { isLabelKey, isLabelValue } from './label-syntax.ts';

// `==` and `!=` come before their parts. Anything that is neither a symbol nor white space is a word.
const token = /==|!=|[=!(),<>]|[^=!(),<> \t\r\n]+/g;

/** Splits a label selector into symbols and words. White space only separates. */
function tokenizeLabelSelector(selector: string): string[] {
  return selector.match(token) ?? [];
}

/** One condition of a label selector. `gt` and `lt` compare integers; `in` with one value is equality. */
export type LabelRequirement = {
  key: string;
  operator: 'exists' | 'absent' | 'in' | 'notin' | 'gt' | 'lt';
  values: readonly string[];
};

const operators: ReadonlyMap<string, LabelRequirement['operator']> = new Map([
  ['in', 'in'],
  ['=', 'in'],
  ['==', 'in'],
  ['notin', 'notin'],
  ['!=', 'notin'],
  ['>', 'gt'],
  ['<', 'lt'],
]);

/** Reports whether the API server would accept the label selector. */
export function isLabelSelector(selector: string): boolean {
  return selector === '' || parseLabelSelector(selector) !== undefined;
}

/** Parses a label selector (`app=web,tier in (a, b),!old`) like apimachinery; undefined if it is malformed. */
export function parseLabelSelector(selector: string): LabelRequirement[] | undefined {
  const tokens = tokenizeLabelSelector(selector);
  const requirements: LabelRequirement[] = [];
  if (tokens.length === 0) return requirements;
  const cursor = { tokens, at: 0 };
  for (;;) {
    const requirement = parseRequirement(cursor);
    if (requirement === undefined) return undefined;
    requirements.push(requirement);
    if (cursor.at === tokens.length) return requirements;
    if (tokens[cursor.at] !== ',') return undefined;
    cursor.at += 1;
  }
}

type Cursor = { tokens: readonly string[]; at: number };

function parseRequirement(cursor: Cursor): LabelRequirement | undefined {
  const { tokens } = cursor;
  const absent = tokens[cursor.at] === '!';
  if (absent) cursor.at += 1;
  const key = tokens[cursor.at];
  if (key === undefined || !isLabelKey(key)) return undefined;
  cursor.at += 1;
  if (absent) return { key, operator: 'absent', values: [] };
  if (atEnd(cursor)) return { key, operator: 'exists', values: [] };
  const word = tokens[cursor.at]!;
  const operator = operators.get(word);
  if (operator === undefined) return undefined;
  cursor.at += 1;
  const values = word === 'in' || word === 'notin' ? parseValues(cursor) : parseOneValue(cursor);
  if (values === undefined || !values.every(isLabelValue)) return undefined;
  if ((operator === 'gt' || operator === 'lt') && !isInt64(values[0] ?? '')) return undefined;
  return { key, operator, values };
}

function atEnd({ tokens, at }: Cursor): boolean {
  return at === tokens.length || tokens[at] === ',';
}

function parseOneValue(cursor: Cursor): string[] | undefined {
  if (atEnd(cursor)) return [''];
  const value = cursor.tokens[cursor.at]!;
  cursor.at += 1;
  return [value];
}

// Within parentheses, nothing before, between or after commas is the empty value.
function parseValues(cursor: Cursor): string[] | undefined {
  const { tokens } = cursor;
  if (tokens[cursor.at] !== '(') return undefined;
  const values = new Set<string>();
  for (let expectValue = true; ;) {
    cursor.at += 1;
    const token = tokens[cursor.at];
    if (token === undefined) return undefined;
    if (token === ',' || token === ')') {
      if (expectValue) values.add('');
      expectValue = true;
      if (token === ',') continue;
      cursor.at += 1;
      return [...values];
    }
    if (!expectValue) return undefined;
    values.add(token);
    expectValue = false;
  }
}

function isInt64(value: string): boolean {
  return /^[0-9]{1,19}$/.test(value.replace(/^0+(?=.)/, '')) && BigInt(value) < 2n ** 63n;
}
