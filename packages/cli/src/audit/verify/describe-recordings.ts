import type { RecordingsReport } from '@sallyport/audit-proof';
import { readableBytes } from '../../sessions/list-streams.ts';
import { forTerminal } from '../../terminal/for-terminal.ts';

/** Returns a name that is safe to split at blanks, because it comes from what is verified. */
const nameOf = (text: string | undefined): string =>
  text === undefined ? '-' : /^[\w.-]+$/.test(text) ? text : JSON.stringify(text);

/** Describes a fault: a line for scripts, in which what does not apply is `-`, and one for people. */
function describeFault({ kind, recording, part, file, detail }: RecordingsReport['faults'][number]): string {
  const line = `fault: ${kind} recording=${nameOf(recording)} part=${part ?? '-'} file=${nameOf(file)}`;
  return `${forTerminal(line)}\n  ${forTerminal(detail)}\n`;
}

/** Describes what was verified of recordings, after the faults. */
export function describeRecordings(report: RecordingsReport): string {
  const { recordings, running, cut, files, bytes, waiting, faults, faultCount } = report;
  const more = faults.length < faultCount ? `... and ${faultCount - faults.length} more\n` : '';
  const lines = [
    `Recordings: ${recordings}, in ${files} files (${readableBytes(bytes)}).`,
    ...(running === 0 ? [] : [`Not finished yet: ${running}.`]),
    ...(cut === 0 ? [] : [`Cut when the gateway was stopped: ${cut}. What the gateway had written is there.`]),
    ...(waiting === 0 ? [] : [`Files that may still be on their way to the store: ${waiting}.`]),
    '',
    faultCount === 0 ? 'No fault was found in recordings.' : `Faults in recordings: ${faultCount}.`,
  ];
  return `\n${faults.map(describeFault).join('')}${more}${faultCount === 0 ? '' : '\n'}${lines.join('\n')}\n`;
}
