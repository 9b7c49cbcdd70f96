import { problemWords } from '@sallyport/pages';

const ofApplications: Record<string, { title: string; text: string }> = {
  'upstream-unreachable': {
    title: 'The application does not respond',
    text: 'The gateway works, but the application behind it does not respond. Try again in a minute.',
  },
  'upstream-timeout': {
    title: 'The application does not respond',
    text: 'The gateway works, but the application behind it takes too long. Try again in a minute.',
  },
};

/** Returns what a page of a web application's host says about a problem. */
export function words(code: string): ReturnType<typeof problemWords> {
  return ofApplications[code] ?? problemWords(code);
}
