/**
 * Describes an error of `parseArgs` in one line. The text of Node.js advises how to pass positional arguments, which our
 * programs do not have.
 */
export function argumentFault(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const quoted = /'([^']*)'/.exec(message)?.[1]?.split(/[ ,]/)[0] ?? '';
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `there is no option ${quoted}`;
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') return `"${quoted}" belongs to no option`;
  return message.split('\n')[0]!.replace(/\.$/, '');
}
