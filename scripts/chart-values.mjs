// Reads values.yaml of a chart with its comments, from which the table in its README and its schema are made.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { root } from './bootstrap.mjs';

/** The directory of the chart. */
export const chartDirectory = path.join(root, 'charts/sallyport');

/** The directory of the chart of the connector. */
export const connectorChartDirectory = path.join(root, 'charts/sallyport-connector');

/** Returns the text of values.yaml of a chart. */
export const valuesText = (directory) => readFileSync(path.join(directory, 'values.yaml'), 'utf8');

const keyLine = /^( *)([A-Za-z][A-Za-z0-9]*):/;
const commentLine = /^ *# ?(.*)$/;

function readComment(lines) {
  const at = (name) => lines.find((line) => line.startsWith(`@${name} `))?.slice(name.length + 2);
  const schema = at('schema');
  return {
    text: lines
      .filter((line) => !line.startsWith('@'))
      .join(' ')
      .trim(),
    ...(schema === undefined ? {} : { schema: JSON.parse(schema) }),
    ...(at('config') === undefined ? {} : { config: at('config') }),
  };
}

/**
 * Returns all values of the chart that have a comment, in order: `path`, `preset` (the default), `text` (the comment), and
 * what `@schema` and `@config` in the comment say. Also returns the keys without a comment, which only group others.
 */
export function readValues(text = valuesText(chartDirectory)) {
  const data = parse(text);
  const found = [];
  let trail = [];
  let comment = [];
  for (const line of text.split('\n')) {
    const key = keyLine.exec(line);
    if (key) {
      const depth = key[1].length / 2;
      trail = [...trail.slice(0, depth), key[2]];
      found.push({ path: trail, preset: trail.reduce((value, name) => value?.[name], data), ...readComment(comment) });
    }
    const remark = commentLine.exec(line);
    comment = remark && !key ? [...comment, remark[1]] : [];
  }
  const isBelow = (one, other) =>
    one.path.length > other.path.length && other.path.every((name, at) => one.path[at] === name);
  const described = (one) => one.text !== '';
  // What is below a value without a comment of its own belongs to the default of that value.
  return found
    .filter((one) => described(one) || found.some((other) => described(other) && isBelow(other, one)))
    .map((one) => ({ ...one, isGroup: found.some((other) => described(other) && isBelow(other, one)) }));
}
