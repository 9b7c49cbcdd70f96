import { isCommandParameter, withoutCommand } from '@sallyport/contracts';

const maxLength = 2048;
/** Parameters that carry credentials. Commands are in the gateway's own event, in clear text or hashed as configured. */
const hidden: ReadonlySet<string> = new Set(['token', 'access_token', 'id_token', 'password', 'bearer']);
/** A JSON Web Token, such as one of a ServiceAccount, or a token of the gateway. */
const tokens =
  /eyJ[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8,8192}(?:\.[A-Za-z0-9_-]{0,8192})?|sp[tdwa]_[A-Za-z0-9_-]{43}/g;

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** Replaces tokens and control characters in a text from a cluster, and cuts it. */
export function shownText(text: string, max: number): string {
  const clean = text
    .slice(0, 4 * max)
    .replace(tokens, '[redacted]')
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd')
    .toWellFormed();
  return clean.length <= max ? clean : `${clean.slice(0, max)}…`;
}

/** Returns a request URI without the values of parameters that can carry a command or a credential. */
export function shownUri(uri: string): string {
  const mark = uri.indexOf('?');
  if (mark === -1) return shownText(withoutCommand(uri), maxLength);
  const pairs = uri
    .slice(mark + 1, 65_536)
    .split('&')
    .flatMap((pair) => {
      if (isCommandParameter(pair)) return [];
      const name = pair.split('=', 1)[0]!;
      const plain = decode(name).toLowerCase();
      if (hidden.has(plain)) return [`${name}=[redacted]`];
      return [decode(pair) !== pair && decode(pair).search(tokens) !== -1 ? `${name}=[redacted]` : pair];
    });
  return shownText(
    `${withoutCommand(uri.slice(0, mark))}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`,
    maxLength,
  );
}
