import { PassThrough } from 'node:stream';
import { Client } from '@modelcontextprotocol/client';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
// Loaded before the tests, whose time limit is short for it.
import '../mcp/run-mcp.ts';
import '../mcp/protocol/serve-mcp.ts';
import { runCli } from '../program/run-cli.ts';
import { startFakeGateway, type FakeGateway } from './fake-gateway.ts';
import { createMcpCluster, type McpCluster } from './mcp-cluster.ts';
import { createRig, type Rig } from './rig.ts';

/** A running `sallyport mcp` with a client, at a gateway with the cluster "dev". */
export type McpRig = Awaited<ReturnType<typeof startMcp>>;

const token = 'spt_planted_agent_token_0123456789';

/** Returns what is between the lines with the boundary, or an empty text. */
export function dataIn(text: string): string {
  return /<data boundary="([0-9a-f]{32})">\n([\s\S]*)<\/data boundary="\1">/.exec(text)?.[2] ?? '';
}

/** Answers requests for the cluster "dev" of callers who are known, and records them. */
function serveCluster(gateway: FakeGateway): { cluster: McpCluster; asked: string[] } {
  const cluster = createMcpCluster();
  const asked: string[] = [];
  gateway.override = (call) => {
    const path = call.path.replace('/clusters/dev', '');
    if (path === call.path || !gateway.sessions.has(call.token ?? '')) return undefined;
    asked.push(`${call.method} ${path}${call.query.size === 0 ? '' : `?${call.query.toString()}`}`);
    const found = cluster.get(path) ?? { status: 404, body: { kind: 'Status', code: 404, message: 'not found' } };
    return typeof found === 'function' ? found(call) : found;
  };
  return { cluster, asked };
}

async function logIn(rig: Rig, gateway: FakeGateway, login: boolean): Promise<void> {
  const until = Date.now() + 60_000;
  if (login) await rig.run('login', '--gateway', gateway.origin);
  else gateway.sessions.set(token, { id: 'agent', user: 'agent:alice', groups: [], expiresAt: until, idleMs: 60_000 });
}

/** Starts the server in this process. With `login`, it uses the login of its user instead of a token. */
export async function startMcp(args: readonly string[] = [], { login = false } = {}) {
  const gateway = await startFakeGateway();
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const printed = { out: '', err: '' };
  const rig = createRig({ stdin });
  const sink = (write: (text: string) => void) => ({ isTTY: false, write });
  const environment = {
    ...rig.environment,
    env: { ...rig.environment.env, ...(login ? {} : { SALLYPORT_TOKEN: token }) },
    stdout: sink((text) => {
      printed.out += text;
      stdout.write(text);
    }),
    stderr: sink((text) => {
      printed.err += text;
    }),
  };
  await logIn(rig, gateway, login);
  const ended = runCli(['mcp', '--gateway', gateway.origin, ...args], environment);
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(new StdioServerTransport(stdout, stdin));
  return {
    rig,
    gateway,
    // The cluster, and all requests for it, with their method and query.
    ...serveCluster(gateway),
    client,
    /** Returns the text of an answer, and the answer for programs. */
    async call(name: string, given: Record<string, unknown> = {}, signal?: AbortSignal) {
      const result = await client.callTool({ name, arguments: given }, signal === undefined ? {} : { signal });
      const [content] = result.content;
      return {
        text: content?.type === 'text' ? content.text : '',
        isError: result.isError === true,
        structured: result.structuredContent,
      };
    },
    /** Returns everything that was printed. */
    out: () => printed.out,
    err: () => printed.err,
    /** Closes the input, and returns the exit code. */
    async end() {
      stdin.end();
      const code = await ended;
      await gateway.close();
      rig.remove();
      return code;
    },
  };
}
