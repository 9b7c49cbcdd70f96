import { CliError } from '../terminal/cli-error.ts';

/** How recently and how strongly a login is to authenticate, as parameters of the page (OpenID Connect Core 3.1.2.1). */
export type LoginDemands = { max_age?: string; acr_values?: string };

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function readAge(text: string): string {
  const parts = [...text.matchAll(/(\d{1,6})([smhd])/gy)];
  const seconds = parts.reduce((sum, [, number, unit]) => sum + Number(number) * unitSeconds[unit!]!, 0);
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text || seconds > 31_536_000) throw new CliError('usage', `"${text}" is not a length of time`, 'Write it like 5m or 1h30m; 0s authenticates anew in any case.');
  return String(seconds);
}

/** Reads `--max-age` and `--acr`. */
export function readLoginDemands(options: { maxAge?: string; acr?: readonly string[] }): LoginDemands {
  const classes = (options.acr ?? []).flatMap((text) => text.split(',')).filter((text) => text !== '');
  const unfit = classes.find((text) => !/^[\x21-\x7e]{1,200}$/.test(text));
  if (unfit !== undefined) throw new CliError('usage', `"${unfit}" is not the name of a class`, 'Write --acr phr, or several with commas between them.');
  return { ...(options.maxAge === undefined ? {} : { max_age: readAge(options.maxAge) }), ...(classes.length === 0 ? {} : { acr_values: classes.join(' ') }) };
}
