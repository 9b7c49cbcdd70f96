import { coreMessages } from './messages-core.ts';
import { metaMessages, rbacMessages } from './messages-meta.ts';

/** A field of a message. */
export type Field = { name: string; type: string; shape: 'one' | 'list' | 'map' };

const schema: ReadonlyMap<string, ReadonlyMap<number, Field>> = new Map(
  Object.entries({ ...metaMessages, ...rbacMessages, ...coreMessages }).map(([message, fields]) => [
    message,
    new Map(
      fields
        .split('; ')
        .filter((one) => one !== '')
        .map(parseField),
    ),
  ]),
);

function parseField(text: string): [number, Field] {
  const [number, name, type] = text.split(' ') as [string, string, string];
  const shape = type.endsWith('[]') ? 'list' : type.endsWith('<>') ? 'map' : 'one';
  return [Number(number), { name, type: shape === 'one' ? type : type.slice(0, -2), shape }];
}

/** Returns the fields of a message by number, or undefined for an unknown message. */
export function fieldsOf(message: string): ReadonlyMap<number, Field> | undefined {
  return schema.get(message);
}
