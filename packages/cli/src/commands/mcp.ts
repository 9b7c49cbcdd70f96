import { InvalidArgumentError, type Command } from 'commander';
import { readSpan } from '../input/read-span.ts';
import type { Environment } from '../environment/environment.ts';
import { collect, withExample, withGatewayNames, lazily } from './command-kit.ts';

const [fewestBytes, mostBytes] = [4096, 1_048_576];
const [shortestMs, longestMs] = [1000, 600_000];

function readMaxBytes(text: string): number {
  const value = /^\d{1,8}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= fewestBytes && value <= mostBytes) return value;
  throw new InvalidArgumentError(`It must be a number from ${fewestBytes} to ${mostBytes}.`);
}

function readTimeout(text: string): number {
  const value = readSpan(text, '--timeout');
  if (value >= shortestMs && value <= longestMs) return value;
  throw new InvalidArgumentError('It must be between 1s and 10m.');
}

const moreHelp = `
The tools are clusters, get, list, logs, events, explain and can_i. All of them only read. What they return from a
cluster is marked as data, so that a model does not take it for instructions, and no answer is longer than --max-bytes.

The credential is, in this order: the token in --token-file, the token in SALLYPORT_TOKEN, and your login. A token needs
the name of its gateway, in --gateway or SALLYPORT_GATEWAY.

The configuration of an AI tool usually looks like this:
  {"mcpServers": {"sallyport": {"command": "sallyport", "args": ["mcp", "--gateway", "gate.example.com",
    "--token-file", "/home/alice/agent-token"]}}}`;

/** `sallyport mcp`. */
export function addMcp(program: Command, environment: Environment): void {
  const command = withGatewayNames(
    program
      .command('mcp')
      .description('let AI tools read your clusters, by the Model Context Protocol on standard input and output'),
  )
    .option('--token-file <file>', 'the file with the token of an agent; only you may be able to read it')
    .option('--ca-file <file>', "PEM file of the CA that signed the gateway's certificate")
    .option('--cluster <name>', 'offer only this cluster; repeatable', collect)
    .option('--secrets', 'show which Secrets there are and the names of their keys; the values stay hidden')
    .option('--env-values', 'show the values of environment variables in pods')
    .option('--max-bytes <number>', 'the longest answer of a tool', readMaxBytes, 32_768)
    .option('--timeout <time>', 'how long a tool may take, such as 30s', readTimeout, 30_000)
    .action(lazily(environment, async () => (await import('../mcp/run-mcp.ts')).runMcp));
  command.addHelpText('after', moreHelp);
  withExample(
    command,
    'sallyport mcp --token-file ~/agent-token --gateway gate.example.com',
    'sallyport mcp --cluster dev',
  );
}
