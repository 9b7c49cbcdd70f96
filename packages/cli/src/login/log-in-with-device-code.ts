import { deviceCodesSchema, tokenAnswerSchema, type DeviceCodes } from '@sallyport/contracts/answers';
import { readAnswer } from '../gateway/read-answer.ts';
import { fieldOf } from '../input/untrusted.ts';
import { expectOk, errorDetail } from '../gateway/expect-ok.ts';
import type { GatewayAnswer, GatewayClient } from '../gateway/gateway-client.ts';
import type { Credential } from '../home/stored-credential.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { startSpinner } from '../terminal/progress.ts';
import type { Environment } from '../environment/environment.ts';
import { credentialOf, checkedPage } from './login-calls.ts';

const api = '/.sallyport/api/v1/device';
const grantType = 'urn:ietf:params:oauth:grant-type:device_code';

/** `cluster` is only shown to the user on the approval page. */
type DeviceCodeOptions = { cluster?: string; timeoutMs: number; abandoned(): boolean };

async function begin(client: GatewayClient, cluster: string | undefined): Promise<DeviceCodes> {
  const answer = await client.call({
    method: 'POST',
    path: `${api}/code`,
    form: cluster === undefined ? {} : { cluster },
  });
  if (answer.status === 404)
    throw new CliError(
      'refused',
      'this gateway does not support device logins',
      'Log in with: sallyport login --no-browser',
    );
  return readAnswer(deviceCodesSchema, expectOk(answer, client.address.origin), 'the login');
}

function tell(
  environment: Environment,
  { user_code: code, verification_uri: page, verification_uri_complete: complete }: DeviceCodes,
): void {
  const withCode = complete
    ? `\nOr open this page, which already contains the code:\n\n  ${forTerminal(checkedPage(complete))}\n`
    : '';
  environment.stderr.write(
    `Open this page in a browser on any machine:\n\n  ${forTerminal(checkedPage(page))}\n\nand enter this code:\n\n  ${forTerminal(code)}\n${withCode}\n`,
  );
}

const oauthError = (body: unknown) => {
  const error = fieldOf(body, 'error');
  return typeof error === 'string' ? error : '';
};

/** Returns the credential once the login is approved. `slower`: the gateway asks for fewer requests. */
function readPoll(answer: GatewayAnswer, origin: string): { credential?: Credential; slower: boolean } {
  const { status, body } = answer;
  if (status === 400) {
    const error = oauthError(body);
    if (error === 'authorization_pending' || error === 'slow_down') return { slower: error === 'slow_down' };
    if (error === 'access_denied')
      throw new CliError(
        'login-failed',
        'the login was denied on the approval page',
        'If you did not deny it, tell the operator of the gateway.',
      );
    throw new CliError(
      'login-failed',
      error === 'expired_token'
        ? 'the login was not approved in time'
        : `the gateway did not accept the login: ${errorDetail(body) ?? 'status 400'}`,
      'Run the command again.',
    );
  }
  return {
    slower: false,
    credential: credentialOf(readAnswer(tokenAnswerSchema, expectOk(answer, origin), 'the login')),
  };
}

/** Polls until the user has decided (RFC 8628, 3.5). Goes on while the gateway cannot be reached. */
async function poll(
  client: GatewayClient,
  environment: Environment,
  codes: DeviceCodes,
  { endsAt, abandoned }: { endsAt: number; abandoned(): boolean },
): Promise<Credential> {
  let pauseMs = codes.interval * 1000;
  for (;;) {
    await environment.sleep(pauseMs);
    if (abandoned()) throw new CliError('failed', 'the login is not needed any more', 'Run the command again.');
    if (environment.now() > endsAt)
      throw new CliError('login-failed', 'the login was not approved in time', 'Run the command again.');
    try {
      const { credential, slower } = readPoll(
        await client.call({
          method: 'POST',
          path: `${api}/token`,
          form: { grant_type: grantType, device_code: codes.device_code },
        }),
        client.address.origin,
      );
      if (credential) return credential;
      if (slower) pauseMs += 5000;
    } catch (error) {
      if (!(error instanceof CliError) || error.exit !== 'unreachable') throw error;
      pauseMs = Math.min(pauseMs * 2, 60_000);
    }
  }
}

/** Logs in by device authorization (RFC 8628). The user approves in a browser on any machine. */
export async function logInWithDeviceCode(
  client: GatewayClient,
  environment: Environment,
  options: DeviceCodeOptions,
): Promise<Credential> {
  const codes = await begin(client, options.cluster);
  tell(environment, codes);
  const lifeMs = Math.min(options.timeoutMs, codes.expires_in * 1000);
  const spinner = await startSpinner(environment, `Waiting for you to approve (up to ${Math.round(lifeMs / 1000)} s)`);
  try {
    return await poll(client, environment, codes, { endsAt: environment.now() + lifeMs, abandoned: options.abandoned });
  } finally {
    spinner.stop();
  }
}
