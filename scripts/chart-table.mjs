// Makes the table of values in the README of the chart.
import { readValues } from './chart-values.mjs';

const begin = '<!-- begin values -->';
const end = '<!-- end values -->';

const isEmpty = (preset) =>
  preset === '' || preset === null || (typeof preset === 'object' && Object.keys(preset).length === 0);
const cell = (text) => text.replaceAll('|', String.raw`\|`);

/** Returns the table: each value with its default and its comment. */
export function valuesTable(values = readValues()) {
  const rows = values
    .filter(({ text }) => text !== '')
    .map(({ path, preset, text, isGroup }) => {
      const shown = isGroup || isEmpty(preset) ? '' : `\`${cell(JSON.stringify(preset).replaceAll('"', ''))}\``;
      return `| \`${path.join('.')}\` | ${shown} | ${cell(text)} |`;
    });
  return ['| value | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

/** Replaces the table in the text of the README. */
export function withValuesTable(readme, table = valuesTable()) {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`the README of the chart has no ${begin} and ${end}`);
  return `${readme.slice(0, from + begin.length)}\n\n${table}\n\n${readme.slice(to)}`;
}
