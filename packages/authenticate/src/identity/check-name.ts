import { ProblemError } from '@sallyport/kit';

const maxBytes = 1024;
// A header's value loses the blanks around it on the way: " system:masters" would arrive as another name.
const unfit = (name: string): string | undefined => {
  if (name === '') return 'is empty';
  if (name !== name.trim()) return 'begins or ends with a blank';
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(name)) return 'contains control characters';
  if (!name.isWellFormed()) return 'is not well-formed Unicode';
  return Buffer.byteLength(name) > maxBytes ? `is longer than ${maxBytes} bytes` : undefined;
};

/** Refuses a name of a user or group that could not travel to a cluster unchanged. `what` says in words which it is. */
export function checkName(what: string, name: string): string {
  const fault = unfit(name);
  if (fault !== undefined) throw new ProblemError('login-failed', `${what} that the identity provider sent ${fault}.`);
  return name;
}
