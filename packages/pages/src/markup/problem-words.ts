/** What a page says about a problem. Without `text` it shows the detail of the problem. */
type ProblemWords = { title: string; text?: string };

const notNow: ProblemWords = {
  title: 'Not possible right now',
  text: 'A part of the gateway does not respond. Try again in a minute.',
};
const fault: ProblemWords = {
  title: 'Something went wrong',
  text: 'This is a fault of the gateway. Try again. If it happens again, tell the operator of the gateway.',
};

const table: Record<string, ProblemWords> = {
  'bad-request': {
    title: 'This link does not work',
    text: 'The address is incomplete, or was changed on its way here.',
  },
  'ambiguous-credential': {
    title: 'Your browser sent two logins at once',
    text: 'Delete the cookies of this site, then log in again.',
  },
  unauthenticated: { title: 'You are not logged in', text: 'Log in to continue.' },
  forbidden: { title: 'This is not allowed' },
  'not-recordable': { title: 'This cannot be recorded' },
  'recording-unavailable': { title: 'Not possible right now' },
  'connector-not-connected': {
    title: 'Cannot be reached right now',
    text: 'The connection to its network is down. Try again in a minute.',
  },
  'forbidden-header': {
    title: 'This is not allowed',
    text: 'A proxy or an extension of your browser adds headers that only the gateway may set.',
  },
  'not-found': { title: 'There is no such page' },
  'method-not-allowed': {
    title: 'This page cannot be opened directly',
    text: 'Use a link or a button on a page of the gateway.',
  },
  conflict: { title: 'This conflicts with another change' },
  'too-large': { title: 'This form is too large', text: 'Go back and enter less text.' },
  'uri-too-long': { title: 'This link is too long', text: 'Start again where you got it.' },
  'unsupported-media-type': { title: 'This form cannot be read', text: 'Go back and send it again.' },
  'too-many-requests': { title: 'Too many attempts' },
  'upstream-unreachable': { title: 'The cluster does not respond' },
  'upstream-timeout': { title: 'The cluster does not respond' },
  'service-unavailable': notNow,
  'authorize-unavailable': notNow,
  'sessions-unavailable': notNow,
  'audit-unavailable': { title: 'Not possible right now' },
  'identity-provider-unavailable': { title: 'The identity provider does not respond' },
  'login-failed': { title: 'You could not be logged in' },
  'login-expired': { title: 'This login is no longer valid' },
};

/** What a page says about a problem with this code, in the words of the person who reads it. */
export function problemWords(code: string): ProblemWords {
  return table[code] ?? fault;
}
