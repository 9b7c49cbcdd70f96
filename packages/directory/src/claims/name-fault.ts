const maxBytes = 1024;

/**
 * Returns why a user or group name could not be sent to a cluster unchanged, or undefined if it could. Header values
 * lose surrounding spaces on the way: " system:masters" would arrive as another name.
 */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name !== name.trim()) return 'begins or ends with a space';
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(name)) return 'contains control characters';
  if (!name.isWellFormed()) return 'is not well-formed Unicode';
  return Buffer.byteLength(name) > maxBytes ? `is longer than ${maxBytes} bytes` : undefined;
}
