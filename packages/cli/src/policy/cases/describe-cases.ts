import { forTerminal } from '../../terminal/for-terminal.ts';
import type { CaseResult } from '../../config/gateway-config.ts';

export type FileResult = { file: string; cases: CaseResult[] };

const maxReasons = 20;

function describeCase(file: string, { name, line, passed, differences, because }: CaseResult): string[] {
  if (passed) return [`  ok    ${forTerminal(name)}`];
  const width = Math.max(...differences.map(({ what }) => what.length)) + 1;
  const more = because.length - maxReasons;
  return [
    `  FAIL  ${forTerminal(name)}  (${forTerminal(file)}:${line})`,
    ...differences.flatMap(({ what, expected, got }) => [
      `        ${`${what}:`.padEnd(width)} expected ${forTerminal(expected)}`,
      `        ${''.padEnd(width)}      got ${forTerminal(got)}`,
    ]),
    ...because.slice(0, maxReasons).map((text) => `        - ${forTerminal(text)}`),
    ...(more > 0 ? [`        - and ${more} more`] : []),
  ];
}

/** Returns the results of the cases as text. */
export function describeCases(files: readonly FileResult[]): string {
  const lines = files.flatMap(({ file, cases }) => [
    forTerminal(file),
    ...cases.flatMap((one) => describeCase(file, one)),
    '',
  ]);
  const all = files.flatMap(({ cases }) => cases);
  const failed = all.filter(({ passed }) => !passed).length;
  return `${[...lines, `${all.length - failed} passed, ${failed} failed`].join('\n')}\n`;
}

// XML 1.0 section 2.2: any of these characters makes a document ill-formed, even if it is escaped.
const notXml = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
};
const text = (value: string) =>
  value
    .toWellFormed()
    .replace(notXml, '\uFFFD')
    .replace(/[&<>"\n\r\t]/g, (one) => escapes[one]!);

/** Renders results as a JUnit report for CI systems. */
export function junit(files: readonly FileResult[]): string {
  const suites = files.map(({ file, cases }) => {
    const failed = cases.filter(({ passed }) => !passed).length;
    const rows = cases.map(({ name, line, passed, differences, because }) => {
      const head = `    <testcase classname="${text(file)}" name="${text(name)}" file="${text(file)}" line="${line}"`;
      if (passed) return `${head}/>\n`;
      const message = differences
        .map(({ what, expected, got }) => `${what}: expected ${expected}, got ${got}`)
        .join('; ');
      return `${head}>\n      <failure message="${text(message)}">${text(because.join('\n'))}</failure>\n    </testcase>\n`;
    });
    return `  <testsuite name="${text(file)}" tests="${cases.length}" failures="${failed}" errors="0" skipped="0">\n${rows.join('')}  </testsuite>\n`;
  });
  const all = files.flatMap(({ cases }) => cases);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites tests="${all.length}" failures="${all.filter(({ passed }) => !passed).length}" errors="0">\n${suites.join('')}</testsuites>\n`;
}
