const maxBytes = 1024;

/**
 * Why a name of a user or group could not travel to a cluster unchanged; undefined if it could. A header's value loses
 * the blanks around it on the way: " system:masters" would arrive as another name.
 */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name !== name.trim()) return 'begins or ends with a blank';
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(name)) return 'contains control characters';
  if (!name.isWellFormed()) return 'is not well-formed Unicode';
  return Buffer.byteLength(name) > maxBytes ? `is longer than ${maxBytes} bytes` : undefined;
}
