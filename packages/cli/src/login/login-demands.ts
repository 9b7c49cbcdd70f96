import { dayMs, parseDuration, secondMs } from '@sallyport/contracts/text';
import { given } from '../input/untrusted.ts';
import { isLabel } from '../input/names.ts';
import { CliError, usageError } from '../terminal/cli-error.ts';
import type { OpenGateway } from '../gateway/open-gateway.ts';
import { forTerminal } from '../terminal/for-terminal.ts';

/**
 * Requirements for a login, as parameters of the login page (OpenID Connect Core 3.1.2.1): how recently and how
 * strongly the user must authenticate, with which provider, and as whom.
 */
export type LoginDemands = {
  max_age?: string;
  acr_values?: string;
  provider?: string;
  choose?: 'true';
  login_hint?: string;
};

type DemandOptions = { maxAge?: string; acr?: readonly string[]; provider?: string | true; loginHint?: string };

/** Reads an age as the seconds of `max_age`, which are whole. */
function readAge(text: string): string {
  const age = parseDuration(text);
  if (age === undefined || age > 365 * dayMs)
    throw usageError(
      `"${text}" is not a duration`,
      'Write it like 5m or 1h30m. With 0s you always authenticate again.',
    );
  return String(Math.floor(age / secondMs));
}

/** Reads which provider to use, and as whom. With `--provider` without a name, the user chooses on the page. */
function readWhere({ provider, loginHint }: DemandOptions): LoginDemands {
  if (typeof provider === 'string' && !isLabel(provider))
    throw usageError(
      `"${provider}" is not the name of an identity provider`,
      "Give --provider a name from the gateway's configuration, or no name to choose on the page.",
    );
  if (loginHint !== undefined && (loginHint.trim() === '' || loginHint.length > 256))
    throw usageError('--login-hint is empty or too long', 'Write --login-hint alice@example.com.');
  return given({
    choose: provider === true ? 'true' : undefined,
    provider: provider === true ? undefined : provider,
    login_hint: loginHint,
  });
}

/** Reads `--max-age`, `--acr`, `--provider` and `--login-hint`. */
export function readLoginDemands(options: DemandOptions): LoginDemands {
  const classes = (options.acr ?? []).flatMap((text) => text.split(',')).filter((text) => text !== '');
  const unfit = classes.find((text) => !/^[\x21-\x7e]{1,200}$/.test(text));
  if (unfit !== undefined)
    throw usageError(
      `"${unfit}" is not an authentication context class`,
      'Write --acr phr. Separate several classes with commas.',
    );
  return {
    ...readWhere(options),
    ...(options.maxAge === undefined ? {} : { max_age: readAge(options.maxAge) }),
    ...(classes.length === 0 ? {} : { acr_values: classes.join(' ') }),
  };
}

/**
 * Runs a login at the identity provider that the user chose for this gateway with `login --provider`. If the gateway no
 * longer has it, forgets it and runs the login without.
 */
export async function withRememberedProvider<T>(
  { known, address, environment }: Pick<OpenGateway, 'known' | 'address' | 'environment'>,
  run: (demands: LoginDemands) => Promise<T>,
): Promise<T> {
  const { provider } = known.settingsOf(address);
  if (provider === undefined) return run({});
  try {
    return await run({ provider });
  } catch (error) {
    if (!(error instanceof CliError) || error.exit !== 'usage') throw error;
    known.remember(address, { provider: undefined });
    environment.stderr.write(
      `The gateway does not accept the identity provider "${forTerminal(provider)}" that you chose before, so it is forgotten.\n`,
    );
    return run({});
  }
}
