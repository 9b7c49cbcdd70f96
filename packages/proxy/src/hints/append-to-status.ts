import { isUtf8 } from 'node:buffer';
import { fieldsOf, parseJson } from '@sallyport/kit';

/** Returns the index after the string that begins at `start`, which is the index of its opening quote. */
function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (text[index] !== '"') index += text[index] === '\\' ? 2 : 1;
  return index + 1;
}

/** Returns the index of the value, if the string that ends at `end` is a name. */
function startOfValue(text: string, end: number): number | undefined {
  const colon = /[ \t\r\n]*:[ \t\r\n]*/y;
  colon.lastIndex = end;
  return colon.test(text) ? colon.lastIndex : undefined;
}

/**
 * Finds a string member of the outermost object: the index after its opening quote, and that of its closing quote. `text`
 * must be valid JSON. Undefined unless there is exactly one member of that name, and its value is a string.
 */
function findStringMember(text: string, name: string): { start: number; end: number } | undefined {
  let found: { start: number; end: number } | undefined;
  let depth = 0;
  let index = 0;
  while (index < text.length) {
    const character = text[index]!;
    if (character !== '"') {
      if (character === '{' || character === '[') depth += 1;
      else if (character === '}' || character === ']') depth -= 1;
      index += 1;
      continue;
    }
    const end = endOfString(text, index);
    const value = depth === 1 ? startOfValue(text, end) : undefined;
    if (value === undefined || JSON.parse(text.slice(index, end)) !== name) {
      index = end;
      continue;
    }
    if (found || text[value] !== '"') return undefined;
    index = endOfString(text, value);
    found = { start: value + 1, end: index - 1 };
  }
  return found;
}

/** Reports whether a value is the Status of a refusal (metav1.Status). */
function isRefusal(value: unknown): boolean {
  const { kind, apiVersion, status, code } = fieldsOf(value);
  return kind === 'Status' && apiVersion === 'v1' && status === 'Failure' && code === 403;
}

/**
 * Appends a sentence to the message of a Status, as JSON. Every other byte stays as it is. Undefined if the body is
 * anything but the one Status of a refusal.
 */
export function appendToStatus(body: Buffer, sentence: string): Buffer | undefined {
  if (!isUtf8(body)) return undefined;
  if (!isRefusal(parseJson(body.toString('utf8')))) return undefined;
  // One character per byte, so that the indexes are those of the body.
  const text = body.toString('latin1');
  const message = findStringMember(text, 'message');
  if (!message || message.end === message.start) return undefined;
  const joint = text[message.end - 1] === '.' ? ' ' : '. ';
  const added = JSON.stringify(joint + sentence).slice(1, -1);
  return Buffer.concat([body.subarray(0, message.end), Buffer.from(added), body.subarray(message.end)]);
}
