/** A request, byte for byte. Null omits the Host or Authorization line. */
export type RawRequest = {
  method: string;
  target: string;
  version: string;
  host: string | null;
  authorization: string | null;
  /** Header lines in addition to Host and Authorization. */
  lines: readonly string[];
  body: string;
};

/** The text of a request, one character per byte. */
export function writeRequest({ method, target, version, host, authorization, lines, body }: RawRequest): string {
  return [
    `${method} ${target} ${version}`,
    ...(host === null ? [] : [`Host: ${host}`]),
    ...(authorization === null ? [] : [`Authorization: ${authorization}`]),
    ...lines,
    '',
    body,
  ].join('\r\n');
}
