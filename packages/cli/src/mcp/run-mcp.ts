import { sallyportVersion } from '@sallyport/contracts/version';
import { Readable, Writable } from 'node:stream';
import type { Environment } from '../environment/environment.ts';
import { usageError } from '../terminal/cli-error.ts';
import { forTerminal, shellWord } from '../terminal/for-terminal.ts';
import { openAccess, type Access, type AccessOptions } from './access/open-access.ts';
import { createCallTool } from './tools/call-tool.ts';

export type McpOptions = AccessOptions & {
  cluster?: string[];
  secrets?: boolean;
  envValues?: boolean;
  maxBytes: number;
  timeout: number;
};

/** Says on standard error with whose rights the tools read. */
function introduce({ stderr, now }: Environment, { gateway, token }: Access): void {
  const { origin } = gateway.address;
  if (token !== undefined) {
    stderr.write(`sallyport mcp: reads through ${origin} with the token of ${forTerminal(token.source)}\n`);
    return;
  }
  const login = gateway.store.read();
  if (login === undefined || login.expiresAt <= now()) {
    stderr.write(
      `sallyport mcp: you are not logged in. To log in, run: sallyport login --gateway ${shellWord(origin)}\n`,
    );
    return;
  }
  stderr.write(
    `sallyport mcp: reads through ${origin} with your own login (${forTerminal(login.user)}) and all your rights to read\n` +
      '  A token for an agent can have fewer, and has its own name in the audit trail: sallyport agent create --help\n',
  );
}

/** Returns the output as a stream. It carries messages of the protocol and nothing else. */
const streamOf = ({ stdout }: Environment) =>
  new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      stdout.write(chunk.toString());
      done();
    },
  });

/** Runs `sallyport mcp` until the client closes standard input. */
export async function runMcp(environment: Environment, options: McpOptions): Promise<void> {
  const { cluster: clusters = [], secrets = false, envValues = false, maxBytes, timeout } = options;
  if (environment.stdout.isTTY)
    throw usageError(
      'this command is for AI tools, which start it and talk to it by the Model Context Protocol',
      'Add it to the configuration of your tool. "sallyport mcp --help" has an example.',
    );
  const access = await openAccess(environment, options);
  introduce(environment, access);
  const { serveMcp } = await import('./protocol/serve-mcp.ts');
  const { stdin, stderr } = environment;
  await serveMcp({
    version: sallyportVersion,
    callTool: createCallTool({
      access,
      options: { clusters, shown: { environment: envValues, secrets }, maxBytes },
      timeoutMs: timeout,
    }),
    stdin: stdin instanceof Readable ? stdin : Readable.from(stdin, { objectMode: false }),
    stdout: streamOf(environment),
    onFault: () => stderr.write('sallyport mcp: a message could not be read or sent\n'),
  });
}
