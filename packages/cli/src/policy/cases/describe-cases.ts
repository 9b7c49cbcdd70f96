import { forTerminal } from '../../terminal/for-terminal.ts';
import type { CaseResult } from './run-cases.ts';

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
