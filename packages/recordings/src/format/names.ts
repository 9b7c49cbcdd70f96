/** Reports whether a text is the id of a recording, a UUID in lower case. */
export const isRecordingId = (text: string): boolean => /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(text);

/** The files of a part, in the order in which their digests count. A closed part has only the first. */
export const partFileKinds = ['age', 'tail', 'key.age'] as const;
export type PartFileKind = (typeof partFileKinds)[number];

/** Returns the name of a file of a part, such as `000001.age`. */
export const partFileName = (part: number, kind: PartFileKind): string => `${`${part}`.padStart(6, '0')}.${kind}`;

/** Returns the part and the kind of a file by its name, or undefined if it is not a file of a recording. */
export function parsePartFileName(name: string): { part: number; kind: PartFileKind } | undefined {
  const [, digits, kind] = /^(\d{6})\.(age|tail|key\.age)$/.exec(name) ?? [];
  const part = Number(digits);
  return kind === undefined || part === 0 ? undefined : { part, kind: kind as PartFileKind };
}

/** Reports whether a text is the name of a file of a recording. */
export const isRecordingFile = (name: string): boolean => parsePartFileName(name) !== undefined;
